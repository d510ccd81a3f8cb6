//! What programs hear: instances and entries of the audit log, in the forms of the API, as they are written.
use std::collections::VecDeque;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use refractory_core::model::{self, Principal};
use refractory_core::{Verb, may};
use serde_json::json;

use super::types::{Event, Instance};
use crate::feed::Snapshot;
use crate::live::{EventSource, Reader, answer, event};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::shared::Shared;

/// The most instances that are read for at once: each may have another owner, whose name is looked up.
const BATCH: usize = 50;

/// Tells of each instance that the reader may see, and of each entry that they may read.
struct Programs {
    reader: Reader,
    /// Whether the reader does not know yet which instances there are.
    fresh: bool,
    /// Whether there is more to send of what is known already.
    behind: bool,
    /// Entries of the audit log that were heard of and not sent yet.
    heard: VecDeque<Arc<model::Event>>,
    /// Whether entries were missed.
    missed: bool,
}

impl Programs {
    /// Some of the instances that were written since they were sent.
    fn changed(&self, now: &Snapshot) -> Vec<model::Instance> {
        let is_new = |instance: &&Arc<model::Instance>| {
            self.reader.lacks(instance) && self.reader.sees(instance)
        };
        now.tables
            .values()
            .filter(is_new)
            .take(BATCH)
            .map(|it| model::Instance::clone(it))
            .collect()
    }

    /// The next of those that changed; none where they cannot be read now.
    async fn instances(&mut self, shared: &Shared, now: &Snapshot) -> Option<Vec<Bytes>> {
        let changed = self.changed(now);
        self.behind = changed.len() == BATCH;
        match Instance::all(&shared.refractory, self.reader.who(), &changed).await {
            Ok(forms) => {
                for instance in &changed {
                    self.reader.note(instance);
                }
                Some(forms.iter().map(|form| event("instance", &json!(form))).collect())
            }
            Err(error) => {
                // They are not sent yet: the next beat asks again.
                tracing::warn!(%error, "what a stream tells of instances could not be read");
                self.behind = false;
                None
            }
        }
    }
}

impl EventSource for Programs {
    async fn events(&mut self, shared: &Shared, now: &Snapshot) -> Vec<Bytes> {
        let Some(mut events) = self.instances(shared, now).await else { return Vec::new() };
        if !self.behind && now.is_whole && std::mem::take(&mut self.fresh) {
            // A program that comes back has missed what ended meanwhile.
            let ids: Vec<_> = self.reader.sent().collect();
            events.push(event("all", &json!({ "ids": ids })));
        }
        events.extend(self.reader.gone(now, |_| true));
        events.extend(self.reader.idle(now));
        events
    }

    fn has_more(&self) -> bool {
        self.behind
    }

    fn listens(&self) -> bool {
        true
    }

    fn concerns(&mut self, heard: &Arc<model::Event>) -> bool {
        self.heard.push_back(Arc::clone(heard));
        true
    }

    fn misses(&mut self) {
        self.missed = true;
    }

    async fn look_back(&mut self, shared: &Arc<Shared>) -> Option<Vec<Bytes>> {
        let mut events = Vec::new();
        if std::mem::take(&mut self.missed) {
            events.push(event("missed", &json!({})));
        }
        let who = self.reader.who();
        let in_full = may(who, Verb::ReadEvents);
        while let Some(heard) = self.heard.pop_front() {
            match shared.refractory.may_read_event(who, &heard).await {
                Ok(true) => events.push(event("event", &json!(Event::of(&heard, in_full)))),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "whether a reader may read an event could not be read");
                    if events.is_empty() {
                        self.heard.push_front(heard);
                        return None;
                    }
                    self.heard.clear();
                    events.push(event("missed", &json!({})));
                }
            }
        }
        Some(events)
    }

    fn look_as(&mut self, who: Principal) {
        self.reader.look_as(who);
    }
}

/// `GET /api/v1/stream`
pub(crate) async fn follow(
    shared: web::Data<Shared>,
    person: SignedIn,
) -> Result<HttpResponse, Problem> {
    let place = shared.stream_place(person.visitor.client)?;
    let programs = Programs {
        reader: Reader::new(person.who.clone()),
        fresh: true,
        behind: false,
        heard: VecDeque::new(),
        missed: false,
    };
    Ok(answer(&shared, Some(person.visitor.secret.clone()), programs, place))
}

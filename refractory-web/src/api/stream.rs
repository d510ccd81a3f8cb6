//! What programs hear: instances and entries of the audit log, in the forms of the API, as they are written.
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use refractory_core::model::{self, Principal};
use refractory_core::{InstanceId, Verb, can, may};
use serde_json::json;

use super::types::{Event, Instance};
use crate::feed::Snapshot;
use crate::live::{EventSource, answer, event, place};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::shared::Shared;

/// The most instances that are read for at once: each may have another owner, whose name is looked up.
const BATCH: usize = 50;

/// Tells of each instance that the reader may see, and of each entry that they may read.
struct Programs {
    who: Principal,
    /// The revisions that were sent.
    sent: BTreeMap<InstanceId, u64>,
    /// Whether the reader does not know yet which instances there are.
    fresh: bool,
    /// Whether there is more to send of what is known already.
    behind: bool,
    worked: Option<bool>,
    /// Entries of the audit log that were heard of and not sent yet.
    heard: VecDeque<Arc<model::Event>>,
    /// Whether entries were missed.
    missed: bool,
}

impl Programs {
    fn shows(&self, instance: &model::Instance) -> bool {
        can(&self.who, Verb::SeeInstance, instance)
    }

    /// Some of the instances that were written since they were sent.
    fn changed(&self, now: &Snapshot) -> Vec<model::Instance> {
        let is_new = |instance: &&Arc<model::Instance>| {
            self.sent.get(&instance.id) != Some(&instance.revision) && self.shows(instance)
        };
        now.tables
            .values()
            .filter(is_new)
            .take(BATCH)
            .map(|it| model::Instance::clone(it))
            .collect()
    }

    /// Those that are sent no more: deleted, or not for the reader to see. They are the same to them.
    fn gone(&mut self, now: &Snapshot) -> Vec<InstanceId> {
        let is_shown = |id: &InstanceId| now.tables.get(id).is_some_and(|it| self.shows(it));
        let gone: Vec<_> = self.sent.keys().filter(|id| !is_shown(id)).cloned().collect();
        for id in &gone {
            self.sent.remove(id);
        }
        gone
    }

    /// The next of those that changed; none where they cannot be told of now.
    async fn instances(&mut self, shared: &Shared, now: &Snapshot) -> Option<Vec<Bytes>> {
        let changed = self.changed(now);
        self.behind = changed.len() == BATCH;
        match Instance::all(&shared.refractory, &self.who, &changed).await {
            Ok(forms) => {
                self.sent.extend(changed.into_iter().map(|it| (it.id, it.revision)));
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
            let ids: Vec<_> = self.sent.keys().map(InstanceId::as_str).collect();
            events.push(event("all", &json!({ "ids": ids })));
        }
        let gone = self.gone(now);
        events.extend(gone.iter().map(|id| event("gone", &json!({ "id": id.as_str() }))));
        if now.worked != self.worked {
            self.worked = now.worked;
            events.push(event("idle", &json!({ "idle": now.worked == Some(false) })));
        }
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
        let in_full = may(&self.who, Verb::ReadEvents);
        while let Some(heard) = self.heard.pop_front() {
            match shared.refractory.may_read_event(&self.who, &heard).await {
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
        if (self.who.role(), self.who.groups()) != (who.role(), who.groups()) {
            // Everything is sent anew, with the rights there are now; what is not seen any more is gone.
            self.sent.values_mut().for_each(|revision| *revision = 0);
        }
        self.who = who;
    }
}

/// `GET /api/v1/stream`
pub(crate) async fn follow(
    shared: web::Data<Shared>,
    person: SignedIn,
) -> Result<HttpResponse, Problem> {
    let place = place(&shared, person.visitor.client)?;
    let programs = Programs {
        who: person.who.clone(),
        sent: BTreeMap::new(),
        fresh: true,
        behind: false,
        worked: None,
        heard: VecDeque::new(),
        missed: false,
    };
    Ok(answer(&shared, Some(person.visitor.secret.clone()), programs, place))
}

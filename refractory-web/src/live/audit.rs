//! The audit log as it grows.
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use refractory_core::model::{Event, Principal};
use refractory_core::{EventFilter, Verb, may};
use serde_json::json;

use super::stream::{EventSource, answer, event};
use crate::feed::Snapshot;
use crate::pages::{Activity, AuditForm, first_page};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::shared::Shared;

/// Sends the newest entries that are asked for.
struct Audit {
    who: Principal,
    filter: EventFilter,
}

impl EventSource for Audit {
    async fn events(&mut self, _: &Shared, _: &Snapshot) -> Vec<Bytes> {
        Vec::new()
    }

    fn listens(&self) -> bool {
        true
    }

    fn concerns(&mut self, event: &Arc<Event>) -> bool {
        self.filter.matches(event)
    }

    async fn look_back(&mut self, shared: &Arc<Shared>) -> Option<Vec<Bytes>> {
        let page = first_page(shared, &self.who, &self.filter).await.ok()?;
        let html = shared.templates.html(&Activity { events: page }).ok()?;
        Some(vec![event("events", &json!({ "html": html }))])
    }

    fn look_as(&mut self, who: Principal) {
        self.who = who;
    }

    fn is_done(&self) -> bool {
        !may(&self.who, Verb::ReadEvents)
    }
}

/// `GET /about/audit/live`
pub(crate) async fn audit(
    shared: web::Data<Shared>,
    person: SignedIn,
    form: web::Query<AuditForm>,
) -> Result<HttpResponse, Problem> {
    let filter = form.into_inner().read(&shared, &person).await;
    let filter = filter.map_err(|error| {
        Problem::new(actix_web::http::StatusCode::UNPROCESSABLE_ENTITY, error.sentence)
    })?;
    // A refusal can still be answered before the stream begins.
    shared.refractory.events(&person.who, &filter, None, 1).await?;
    let place = shared.stream_place(person.visitor.client)?;
    let audit = Audit { who: person.who.clone(), filter };
    Ok(answer(&shared, Some(person.visitor.secret.clone()), audit, place))
}

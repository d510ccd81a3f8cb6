//! What happened, what programs print, how the deployment does.
use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use refractory_core::model::{Event, Principal};
use refractory_core::ports::LogPosition;
use refractory_core::words::{English, Words as _};
use refractory_core::{EventFilter, EventPage, Verb};
use serde::Deserialize;
use serde_json::json;

use crate::problem::Problem;
use crate::session::Person;
use crate::shared::Shared;

/// More lines than this are not told at once.
const MOST: usize = 1000;

/// Which events are asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct EventQuery {
    limit: Option<usize>,
    /// Where an earlier page ended.
    after: Option<String>,
    /// The name of a kind.
    kind: Option<String>,
    /// The name of the user who caused them.
    user: Option<String>,
    /// The name of the table that they are about.
    instance: Option<String>,
}

impl EventQuery {
    /// The conditions, with ids in place of names.
    async fn filter(&self, shared: &Shared, who: &Principal) -> Result<EventFilter, Problem> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let mut filter = EventFilter::default();
        if let Some(name) = given(&self.instance) {
            filter.instance = Some(shared.refractory.find(who, &name).await?.id);
        }
        if let Some(name) = given(&self.user) {
            filter.actor = Some(shared.refractory.find_user(who, &name).await?.id);
        }
        filter.kind = given(&self.kind);
        Ok(filter)
    }

    async fn page(
        &self,
        shared: &Shared,
        who: &Principal,
        filter: &EventFilter,
    ) -> Result<EventPage, Problem> {
        let after = self.after.as_deref().filter(|after| !after.is_empty());
        let after = after.map(str::parse).transpose()?;
        Ok(shared.refractory.events(who, filter, after, self.limit.unwrap_or(100)).await?)
    }
}

fn shown(page: &EventPage, in_full: bool) -> HttpResponse {
    let row = |event: &Event| {
        json!({
            "at": event.at.to_string(),
            "id": event.id,
            "kind": event.kind.name(),
            "instance": event.instance.as_ref().map(|instance| &instance.id),
            "by": event.actor.name,
            "via": event.via,
            "address": event.address.filter(|_| in_full),
            "text": English.event(event),
        })
    };
    let next = page.next.as_ref().map(ToString::to_string);
    let events: Vec<_> = page.events.iter().map(row).collect();
    HttpResponse::Ok().json(json!({ "events": events, "next": next }))
}

/// `GET /events`
pub(crate) async fn list(
    shared: Data<Shared>,
    person: Person,
    query: Query<EventQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = query.filter(&shared, &person.who).await?;
    Ok(shown(
        &query.page(&shared, &person.who, &filter).await?,
        person.visitor.may(Verb::ReadEvents),
    ))
}

/// `GET /instances/{name}/events`
pub(crate) async fn of_instance(
    shared: Data<Shared>,
    person: Person,
    name: Path<String>,
    query: Query<EventQuery>,
) -> Result<HttpResponse, Problem> {
    let mut filter = query.filter(&shared, &person.who).await?;
    filter.instance = Some(shared.refractory.find(&person.who, &name).await?.id);
    let page = query.page(&shared, &person.who, &filter).await?;
    Ok(shown(&page, person.visitor.may(Verb::ReadEvents)))
}

#[derive(Debug, Deserialize)]
pub(crate) struct LogPage {
    from: Option<String>,
    limit: Option<usize>,
}

/// `GET /instances/{name}/logs`
pub(crate) async fn logs(
    shared: Data<Shared>,
    person: Person,
    name: Path<String>,
    page: Query<LogPage>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &name).await?;
    let LogPage { from, limit } = page.into_inner();
    let limit = limit.unwrap_or(200).min(MOST);
    let from = from.map(LogPosition);
    let chunk = shared.refractory.logs(&person.who, &table.id, from.as_ref(), limit).await?;
    Ok(HttpResponse::Ok().json(chunk))
}

/// `GET /status`
pub(crate) async fn status(shared: Data<Shared>, person: Person) -> Result<HttpResponse, Problem> {
    if !person.visitor.may(Verb::SeeDeployment) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "Only administrators can do this."));
    }
    let workers = shared.refractory.workers().await?;
    let unlisted: BTreeSet<_> = workers.iter().flat_map(|mark| &mark.unlisted).collect();
    let mut states: BTreeMap<&str, u64> = BTreeMap::new();
    for table in shared.refractory.list_all(&person.who).await?.records {
        *states.entry(table.state().name()).or_default() += 1;
    }
    Ok(HttpResponse::Ok().json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "workers": workers.len(),
        "unlisted": unlisted,
        "instances": states,
        "now": shared.refractory.now().to_string(),
    })))
}

/// `GET /damaged`: records of every kind that cannot be read.
pub(crate) async fn damaged(shared: Data<Shared>, person: Person) -> Result<HttpResponse, Problem> {
    let all = shared.refractory.damaged(&person.who).await?;
    let shown = all.iter().map(
        |it| json!({ "kind": it.kind.name(), "id": it.id, "name": it.name(), "reason": it.reason }),
    );
    Ok(HttpResponse::Ok().json(json!({ "damaged": shown.collect::<Vec<_>>() })))
}

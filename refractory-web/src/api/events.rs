//! What happened, what programs print, how the deployment does.
use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use refractory_core::Verb;
use refractory_core::model::Event;
use refractory_core::ports::LogPosition;
use serde::Deserialize;
use serde_json::json;

use crate::problem::Problem;
use crate::session::Person;
use crate::shared::Shared;
use crate::view::State;

/// More entries than this are not told at once.
const MOST: usize = 1000;

#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    limit: Option<usize>,
}

impl Page {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(100).min(MOST)
    }
}

fn shown(events: &[Event], in_full: bool) -> HttpResponse {
    let row = |event: &Event| {
        json!({
            "at": event.at.to_string(),
            "kind": event.kind,
            "instance": event.instance,
            "by": event.name,
            "via": event.via,
            "address": event.address.filter(|_| in_full),
            "text": event.text,
        })
    };
    HttpResponse::Ok().json(json!({ "events": events.iter().map(row).collect::<Vec<_>>() }))
}

/// `GET /events`
pub(crate) async fn list(
    shared: Data<Shared>,
    person: Person,
    page: Query<Page>,
) -> Result<HttpResponse, Problem> {
    Ok(shown(&shared.refractory.events(&person.who, None, page.limit()).await?, true))
}

/// `GET /instances/{name}/events`
pub(crate) async fn of_instance(
    shared: Data<Shared>,
    person: Person,
    name: Path<String>,
    page: Query<Page>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &name).await?;
    let events = shared.refractory.events(&person.who, Some(&table.id), page.limit()).await?;
    Ok(shown(&events, person.visitor.may(Verb::ReadEvents)))
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
    for table in shared.refractory.list(&person.who).await? {
        *states.entry(State::of(&table).name()).or_default() += 1;
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

//! What happened, what programs print, and how the deployment does.
use std::collections::{BTreeMap, BTreeSet};

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::ports::LogPosition;
use refractory_core::{EventFilter, Verb, check_role};
use serde::Deserialize;

use super::paging::{PageQuery, Query, bounded, items_answer, page_of};
use super::{DamagedRecord, DeploymentStatus, Event, InstancePhase, LogLines, Page, Worker};
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::shared::Shared;

/// Which entries of the audit log.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventQuery {
    /// Only those of this kind; of every kind where it is empty.
    kind: Option<String>,
    /// Only those that the user of this name caused.
    #[param(min_length = 1, format = "user")]
    user: Option<String>,
    /// Where the page begins: `next` of the page before it.
    #[param(format = "cursor", min_length = 1)]
    after: Option<String>,
    /// The most items of the page. There may be fewer before the last page.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Answers with one page of what `about` and `query` mean.
async fn entries(
    request: &HttpRequest,
    shared: &Shared,
    person: &SignedIn,
    about: EventFilter,
    query: EventQuery,
) -> Result<HttpResponse, Problem> {
    let EventQuery { kind, user, after, limit } = query;
    let (after, size) = PageQuery::of(after, limit).read()?;
    let mut filter = about;
    filter.kind = kind;
    if let Some(name) = user {
        filter.actor = Some(shared.refractory.find_user(&person.who, &name).await?.id);
    }
    let found = shared.refractory.events(&person.who, &filter, after, size).await?;
    let in_full = person.visitor.may(Verb::ReadEvents);
    let items = found.events.iter().map(|event| Event::of(event, in_full)).collect();
    Ok(items_answer(request, items, found.next))
}

/// Lists the audit log, newest entry first.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "listEvents", tag = "events", params(EventQuery),
    responses((status = 200, description = "One page", body = Page<Event>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<EventQuery>,
) -> Result<HttpResponse, Problem> {
    entries(&request, &shared, &person, EventFilter::default(), query.0).await
}

/// Lists what happened to an instance, newest entry first.
#[utoipa::path(get, path = "/api/v1/instances/{name}/events", operation_id = "listInstanceEvents", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id"), EventQuery),
    responses((status = 200, description = "One page", body = Page<Event>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn of_instance(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
    query: Query<EventQuery>,
) -> Result<HttpResponse, Problem> {
    let instance = shared.refractory.find(&person.who, &name).await?;
    entries(&request, &shared, &person, EventFilter::about(&instance.id), query.0).await
}

/// Which lines of a log.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogQuery {
    /// Where to go on: `next` of an earlier answer. The last lines where it is left out.
    #[param(format = "log-position")]
    after: Option<String>,
    /// The most lines.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Reads what the program of an instance printed, through all of its launches.
#[utoipa::path(get, path = "/api/v1/instances/{name}/logs", operation_id = "readInstanceLog", tag = "instances",
    params(("name" = String, Path, description = "Its name or its id"), LogQuery),
    responses((status = 200, description = "Lines", body = LogLines)))]
pub(crate) async fn logs(
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
    query: Query<LogQuery>,
) -> Result<HttpResponse, Problem> {
    let LogQuery { after, limit } = query.0;
    let limit = bounded(limit, 200, 1000)?;
    let instance = shared.refractory.find(&person.who, &name).await?;
    let after = after.map(LogPosition);
    let chunk = shared.refractory.logs(&person.who, &instance.id, after.as_ref(), limit).await?;
    Ok(HttpResponse::Ok().json(LogLines::from(chunk)))
}

/// Returns how the deployment does.
#[utoipa::path(get, path = "/api/v1/status", operation_id = "getStatus", tag = "deployment",
    responses((status = 200, description = "The status", body = DeploymentStatus)))]
pub(crate) async fn status(
    shared: Data<Shared>,
    person: SignedIn,
) -> Result<HttpResponse, Problem> {
    check_role(&person.who, Verb::SeeDeployment)?;
    let workers = shared.refractory.workers().await?;
    let unlisted: BTreeSet<_> = workers.iter().flat_map(|mark| mark.unlisted.clone()).collect();
    let snapshot = shared.feed.now();
    let instances = snapshot.is_whole.then(|| {
        let mut instances: BTreeMap<InstancePhase, u64> = BTreeMap::new();
        for instance in snapshot.tables.values() {
            *instances.entry(InstancePhase::of(instance)).or_default() += 1;
        }
        instances
    });
    Ok(HttpResponse::Ok().json(DeploymentStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        workers: workers.len(),
        unlisted: unlisted.into_iter().collect(),
        instances,
        now: shared.refractory.now().to_string(),
    }))
}

/// Lists the workers that are alive, in order of id.
#[utoipa::path(get, path = "/api/v1/workers", operation_id = "listWorkers", tag = "deployment", params(PageQuery),
    responses((status = 200, description = "One page", body = Page<Worker>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn workers(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    check_role(&person.who, Verb::SeeDeployment)?;
    let (after, size) = query.0.read()?;
    let all = shared.refractory.workers().await?.iter().map(Worker::from).collect();
    let place = |worker: &Worker| (String::new(), worker.id.clone());
    let (items, next) = page_of(all, place, after.as_ref(), size);
    Ok(items_answer(&request, items, next))
}

/// Lists the records of every kind that cannot be read, in order of kind and id. Each call goes through a part of all records, so a
/// page may be empty before the last.
#[utoipa::path(get, path = "/api/v1/damaged", operation_id = "listDamagedRecords", tag = "deployment", params(PageQuery),
    responses((status = 200, description = "One page", body = Page<DamagedRecord>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn damaged(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (after, size) = query.0.read()?;
    let found = shared.refractory.damaged(&person.who, after.as_ref(), size).await?;
    let items = found.records.iter().map(|record| DamagedRecord::of(record, true)).collect();
    Ok(items_answer(&request, items, found.next))
}

//! Operations: what workers do that takes long.
use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use refractory_core::model::{Operation, OperationStep, StepRecord};
use refractory_core::ports::{Cursor, TypedPage};
use refractory_core::text::plain;
use refractory_core::words::{English, Words as _};
use refractory_core::{Error, OperationId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::BASE;
use super::paging::{MOST, Query, USUAL, bounded, place};
use crate::problem::Problem;
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;

/// An operation, as programs are shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OperationJson {
    /// Its id.
    pub id: String,
    /// `create-backup`, `verify-backup`, `restore-backup`, `delete-backup` or `rotate-asset-credentials`.
    pub kind: &'static str,
    /// The id of the table that it is about.
    pub instance: String,
    /// The table's name when it was asked for.
    pub name: String,
    /// What the table was called then.
    pub title: String,
    /// The id of the backup that it is about.
    pub backup: Option<String>,
    /// `waiting`, `running`, `ending`, `succeeded`, `failed` or `canceled`.
    pub state: &'static str,
    /// The step in hand: `hold`, `copy`, `restore`, `verify`, `remove` or `rotate`.
    pub step: Option<&'static str>,
    /// The last message of that step.
    pub progress: Option<String>,
    /// Percent done, where it is known.
    pub percent: Option<u8>,
    /// What went wrong last, while it is tried again, or why it failed.
    pub failure: Option<String>,
    /// Failures of the step in hand so far.
    pub attempts: u32,
    /// Whether it can be canceled.
    pub cancelable: bool,
    /// What the user is called who asked for it.
    pub requested_by: String,
    /// When it was asked for, as RFC 3339.
    pub requested_at: String,
    /// What was done so far.
    pub steps: Vec<StepJson>,
    /// When it ended, as RFC 3339.
    pub ended_at: Option<String>,
}

/// One step of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepJson {
    /// The step.
    pub step: &'static str,
    /// `begun`, `done` or `undone`.
    pub state: &'static str,
    /// Since when, as RFC 3339.
    pub at: String,
}

impl From<&Operation> for OperationJson {
    fn from(operation: &Operation) -> Self {
        let progress = operation.progress();
        let fault = operation.fault.as_ref();
        let failure = operation.failure().map(|failure| English.failure(failure));
        Self {
            id: operation.id.to_string(),
            kind: operation.kind.name().as_str(),
            instance: operation.subject.to_string(),
            name: operation.slug.clone(),
            title: operation.title.clone(),
            backup: operation.kind.backup().map(|backup| backup.id.to_string()),
            state: operation.state().name(),
            step: operation.step().filter(|_| operation.is_active()).map(OperationStep::name),
            progress: progress.map(|progress| plain(&English.progress(progress)).into_owned()),
            percent: progress.and_then(|progress| progress.percent),
            failure: failure.or_else(|| fault.map(|fault| English.failure(&fault.failure))),
            attempts: fault.map_or(0, |fault| fault.attempts),
            cancelable: operation.is_cancelable() && operation.canceled.is_none(),
            requested_by: operation.requester.clone(),
            requested_at: operation.requested_at.to_string(),
            steps: operation
                .journal
                .iter()
                .map(|(step, record)| {
                    let (state, at) = match record {
                        StepRecord::Intended(attempt) => ("begun", attempt.since),
                        StepRecord::Done(at) => ("done", *at),
                        StepRecord::Undone(at) => ("undone", *at),
                    };
                    StepJson { step: step.name(), state, at: at.to_string() }
                })
                .collect(),
            ended_at: operation.end.as_ref().map(|end| end.at.to_string()),
        }
    }
}

/// Where a list goes on, and how much of it is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    cursor: Option<String>,
    limit: Option<u32>,
}

impl Paging {
    /// The cursor and the size of the page.
    pub(super) fn read(&self) -> Result<(Option<Cursor>, usize), Problem> {
        Ok((place("cursor", self.cursor.as_deref())?, bounded(self.limit, USUAL, MOST)?))
    }
}

/// A page of a list under `name`, with the cursor of the next one.
pub(super) fn listed<T, J>(name: &str, page: &TypedPage<T>) -> HttpResponse
where
    J: for<'a> From<&'a T> + Serialize,
{
    let rows: Vec<J> = page.records.iter().map(J::from).collect();
    let next = page.next.as_ref().map(ToString::to_string);
    HttpResponse::Ok().json(json!({ name: rows, "next": next }))
}

/// An operation that was asked for and is carried out by a worker.
pub(super) fn accepted(operation: &Operation) -> HttpResponse {
    let at = format!("{BASE}/operations/{}", operation.id);
    HttpResponse::Accepted().insert_header((LOCATION, at)).json(OperationJson::from(operation))
}

/// `GET /operations`
pub(crate) async fn list(
    shared: Data<Shared>,
    person: SignedIn,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (cursor, limit) = paging.0.read()?;
    let page = shared.refractory.operations(&person.who, None, cursor, limit).await?;
    Ok(listed::<_, OperationJson>("operations", &page))
}

/// `GET /instances/{name}/operations`
pub(crate) async fn of_instance(
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &name).await?;
    let (cursor, limit) = paging.0.read()?;
    let page = shared.refractory.operations(&person.who, Some(&table.id), cursor, limit).await?;
    Ok(listed::<_, OperationJson>("operations", &page))
}

fn read_id(raw: &str) -> Result<OperationId, Error> {
    Ok(OperationId::new(raw)?)
}

/// `GET /operations/{id}`
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let operation = shared.refractory.operation(&person.who, &read_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(OperationJson::from(&operation)))
}

/// `POST /operations/{id}/cancel`
pub(crate) async fn cancel(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let operation = shared.refractory.cancel_operation(who, &read_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(OperationJson::from(&operation)))
}

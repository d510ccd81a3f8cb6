//! Operations: what workers do that takes long.
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::OperationId;
use refractory_core::model;

use super::choices::unnameable;
use super::paging::{PageQuery, Query, records_answer};
use super::routes::BASE;
use super::{Operation, Page};
use crate::problem::Problem;
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;

/// Answers with an operation that a worker carries out, and where to follow it.
pub(super) fn accepted(operation: &model::Operation) -> HttpResponse {
    let at = format!("{BASE}/operations/{}", operation.id);
    HttpResponse::Accepted().insert_header((LOCATION, at)).json(Operation::from(operation))
}

/// Lists the operations of the deployment, newest first. Those that have ended are kept for a while.
#[utoipa::path(get, path = "/api/v1/operations", operation_id = "listOperations", tag = "operations", params(PageQuery),
    responses((status = 200, description = "One page", body = Page<Operation>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (after, size) = query.0.read()?;
    let found = shared.refractory.operations(&person.who, None, after, size).await?;
    Ok(records_answer(&request, &found, Operation::from))
}

/// Lists the operations on an instance, newest first. Those that have ended are kept for a while.
#[utoipa::path(get, path = "/api/v1/instances/{name}/operations", operation_id = "listInstanceOperations", tag = "operations",
    params(("name" = String, Path, description = "Its name or its id"), PageQuery),
    responses((status = 200, description = "One page", body = Page<Operation>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn of_instance(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (after, size) = query.0.read()?;
    let instance = shared.refractory.find(&person.who, &name).await?;
    let found = shared.refractory.operations(&person.who, Some(&instance.id), after, size).await?;
    Ok(records_answer(&request, &found, Operation::from))
}

fn named(raw: &str) -> Result<OperationId, Problem> {
    OperationId::new(raw).map_err(|error| unnameable(error, "looking for an operation"))
}

/// Returns one operation.
#[utoipa::path(get, path = "/api/v1/operations/{id}", operation_id = "getOperation", tag = "operations",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The operation", body = Operation)))]
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let operation = shared.refractory.operation(&person.who, &named(&id)?).await?;
    Ok(HttpResponse::Ok().json(Operation::from(&operation)))
}

/// Asks for an operation to end, and for what it has begun to be taken back.
#[utoipa::path(post, path = "/api/v1/operations/{id}/cancel", operation_id = "cancelOperation", tag = "operations",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 202, description = "A worker does it", body = Operation,
        headers(("Location" = String, description = "The operation's address")))))]
pub(crate) async fn cancel(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    Ok(accepted(&shared.refractory.cancel_operation(who, &named(&id)?).await?))
}

/// Replaces the credentials with which an instance reaches its uploads. It has the new ones from its next start on.
#[utoipa::path(post, path = "/api/v1/instances/{name}/rotate-key", operation_id = "rotateAssetCredentials", tag = "operations",
    params(("name" = String, Path, description = "Its name or its id")),
    responses((status = 202, description = "A worker does it", body = Operation,
        headers(("Location" = String, description = "The operation's address")))))]
pub(crate) async fn rotate_asset_credentials(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, who) = (&shared.refractory, &commanded.0.who);
    let instance = app.find(who, &name).await?;
    Ok(accepted(&app.rotate_asset_credentials(who, &instance.id).await?))
}

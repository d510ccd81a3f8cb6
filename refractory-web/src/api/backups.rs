//! Backups of instances.
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::{BackupId, ErrorKind};

use super::body::Body;
use super::choices::unnameable;
use super::operations::accepted;
use super::paging::{PageQuery, Query, records_answer};
use super::{Backup, NewBackup, Operation, Page, RestoreBackup};
use crate::problem::{FieldProblem, Problem, in_field};
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;

fn named(raw: &str) -> Result<BackupId, Problem> {
    BackupId::new(raw).map_err(|error| unnameable(error, "looking for a backup"))
}

/// Lists the backups of an instance, newest first.
#[utoipa::path(get, path = "/api/v1/instances/{name}/backups", operation_id = "listBackups", tag = "backups",
    params(("name" = String, Path, description = "Its name or its id"), PageQuery),
    responses((status = 200, description = "One page", body = Page<Backup>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn of_instance(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (after, size) = query.0.read()?;
    let instance = shared.refractory.find(&person.who, &name).await?;
    let found = shared.refractory.backups(&person.who, &instance.id, after, size).await?;
    Ok(records_answer(&request, &found, Backup::from))
}

/// Lists the backups of deleted instances, those first whose instance was deleted last.
#[utoipa::path(get, path = "/api/v1/backups", operation_id = "listOrphanedBackups", tag = "backups", params(PageQuery),
    responses((status = 200, description = "One page", body = Page<Backup>, headers(("Link" = String, description = "The next page")))))]
pub(crate) async fn orphaned(
    request: HttpRequest,
    shared: Data<Shared>,
    person: SignedIn,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (after, size) = query.0.read()?;
    let found = shared.refractory.orphaned_backups(&person.who, after, size).await?;
    Ok(records_answer(&request, &found, Backup::from))
}

/// Asks for a backup of the data of an instance. The operation names the backup.
#[utoipa::path(post, path = "/api/v1/instances/{name}/backups", operation_id = "createBackup", tag = "backups",
    params(("name" = String, Path, description = "Its name or its id")), request_body = NewBackup,
    responses((status = 202, description = "A worker does it", body = Operation,
        headers(("Location" = String, description = "The operation's address")))))]
pub(crate) async fn create(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    body: Body<NewBackup>,
) -> Result<HttpResponse, Problem> {
    let (app, who) = (&shared.refractory, &commanded.0.who);
    let instance = app.find(who, &name).await?;
    Ok(accepted(&app.create_backup(who, &instance.id, body.0.stop).await?))
}

/// Returns one backup.
#[utoipa::path(get, path = "/api/v1/backups/{id}", operation_id = "getBackup", tag = "backups",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The backup", body = Backup)))]
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let backup = shared.refractory.backup(&person.who, &named(&id)?).await?;
    Ok(HttpResponse::Ok().json(Backup::from(&backup)))
}

/// Asks for a backup to be read back and compared with what was written. Its `intact` says what came of it.
#[utoipa::path(post, path = "/api/v1/backups/{id}/verify", operation_id = "verifyBackup", tag = "backups",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 202, description = "A worker does it", body = Operation,
        headers(("Location" = String, description = "The operation's address")))))]
pub(crate) async fn verify(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(accepted(&shared.refractory.verify_backup(&commanded.0.who, &named(&id)?).await?))
}

/// Asks for a backup to take the place of the data of an instance that is off.
#[utoipa::path(post, path = "/api/v1/backups/{id}/restore", operation_id = "restoreBackup", tag = "backups",
    params(("id" = String, Path, description = "Its id")), request_body = RestoreBackup,
    responses((status = 202, description = "A worker does it", body = Operation,
        headers(("Location" = String, description = "The operation's address")))))]
pub(crate) async fn restore(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    id: Path<String>,
    body: Body<RestoreBackup>,
) -> Result<HttpResponse, Problem> {
    let (app, who) = (&shared.refractory, &commanded.0.who);
    let RestoreBackup { into, confirm } = body.0;
    let backup = app.backup(who, &named(&id)?).await?;
    let into = match into {
        Some(name) => app.find(who, &name).await.map_err(in_field("/into"))?.id,
        None if backup.orphaned.is_some() => return Err(needs_a_place()),
        None => backup.of,
    };
    let asked = app.restore_backup(who, &backup.id, &into, &confirm).await;
    Ok(accepted(&asked.map_err(|error| {
        let is_unconfirmed = error.kind() == ErrorKind::Invalid;
        let problem = Problem::from(error);
        if is_unconfirmed { problem.in_field("/confirm") } else { problem }
    })?))
}

fn needs_a_place() -> Problem {
    let message = "The instance of this backup was deleted. Create one, and name it.";
    Problem::of_fields(vec![FieldProblem::at("/into", "missing-field", message)])
}

/// Asks for a backup to be deleted.
#[utoipa::path(delete, path = "/api/v1/backups/{id}", operation_id = "deleteBackup", tag = "backups",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 202, description = "A worker does it", body = Operation,
        headers(("Location" = String, description = "The operation's address")))))]
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(accepted(&shared.refractory.delete_backup(&commanded.0.who, &named(&id)?).await?))
}

//! Backups of tables.
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use refractory_core::model::Backup;
use refractory_core::{BackupId, Error};
use serde::{Deserialize, Serialize};

use super::body::Body;
use super::operations::{Paging, accepted, listed};
use super::paging::Query;
use crate::problem::Problem;
use crate::session::{AuthorizedRequest, SignedIn};
use crate::shared::Shared;

/// A backup, as programs are shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BackupJson {
    /// Its id.
    pub id: String,
    /// The id of the table whose data it holds.
    pub instance: String,
    /// The table's name when it was made.
    pub name: String,
    /// What the table was called then.
    pub title: String,
    /// When it was asked for, as RFC 3339.
    pub created_at: String,
    /// What the user is called who asked for it.
    pub created_by: String,
    /// Bytes it takes.
    pub size: u64,
    /// When it was last read back, as RFC 3339.
    pub verified_at: Option<String>,
    /// Whether it was whole then.
    pub intact: Option<bool>,
    /// What was wrong with it then.
    pub damage: Option<String>,
    /// When its table was deleted, as RFC 3339.
    pub instance_deleted_at: Option<String>,
}

impl From<&Backup> for BackupJson {
    fn from(backup: &Backup) -> Self {
        let check = backup.check.as_ref();
        Self {
            id: backup.id.to_string(),
            instance: backup.of.to_string(),
            name: backup.slug.clone(),
            title: backup.title.clone(),
            created_at: backup.at.to_string(),
            created_by: backup.requester.clone(),
            size: backup.size,
            verified_at: check.map(|check| check.at.to_string()),
            intact: check.map(|check| check.damage.is_none()),
            damage: check.and_then(|check| check.damage.clone()),
            instance_deleted_at: backup.orphaned.map(|at| at.to_string()),
        }
    }
}

fn read_id(raw: &str) -> Result<BackupId, Error> {
    Ok(BackupId::new(raw)?)
}

/// `GET /instances/{name}/backups`
pub(crate) async fn of_instance(
    shared: Data<Shared>,
    person: SignedIn,
    name: Path<String>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let table = shared.refractory.find(&person.who, &name).await?;
    let (cursor, limit) = paging.0.read()?;
    let page = shared.refractory.backups(&person.who, &table.id, cursor, limit).await?;
    Ok(listed::<_, BackupJson>("backups", &page))
}

/// `GET /backups`: those of deleted tables.
pub(crate) async fn orphaned(
    shared: Data<Shared>,
    person: SignedIn,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (cursor, limit) = paging.0.read()?;
    let page = shared.refractory.orphaned_backups(&person.who, cursor, limit).await?;
    Ok(listed::<_, BackupJson>("backups", &page))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub(crate) struct Creation {
    /// Whether a running table is stopped for it.
    stop: bool,
}

/// `POST /instances/{name}/backups`
pub(crate) async fn create(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    name: Path<String>,
    body: Body<Creation>,
) -> Result<HttpResponse, Problem> {
    let who = &commanded.0.who;
    let table = shared.refractory.find(who, &name).await?;
    let stop = body.0.stop;
    Ok(accepted(&shared.refractory.create_backup(who, &table.id, stop).await?))
}

/// `GET /backups/{id}`
pub(crate) async fn show(
    shared: Data<Shared>,
    person: SignedIn,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let backup = shared.refractory.backup(&person.who, &read_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(BackupJson::from(&backup)))
}

/// `POST /backups/{id}/verify`
pub(crate) async fn verify(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(accepted(&shared.refractory.verify_backup(&commanded.0.who, &read_id(&id)?).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub(crate) struct Restoring {
    /// The name of the table whose data is replaced; the backup's own table where it is left out.
    into: Option<String>,
    /// That name once more: its data is lost.
    confirm: String,
}

/// `POST /backups/{id}/restore`
pub(crate) async fn restore(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    id: Path<String>,
    body: Body<Restoring>,
) -> Result<HttpResponse, Problem> {
    let (app, who) = (&shared.refractory, &commanded.0.who);
    let Restoring { into, confirm } = body.0;
    let id = read_id(&id)?;
    let into = match into {
        Some(name) => app.find(who, &name).await?.id,
        None => app.backup(who, &id).await?.of,
    };
    Ok(accepted(&app.restore_backup(who, &id, &into, &confirm).await?))
}

/// `DELETE /backups/{id}`
pub(crate) async fn remove(
    shared: Data<Shared>,
    commanded: AuthorizedRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(accepted(&shared.refractory.delete_backup(&commanded.0.who, &read_id(&id)?).await?))
}

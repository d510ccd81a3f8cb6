//! The backups of a table: a part of its page that can be loaded alone.
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::{Backup, Instance, Operation, Principal};
use refractory_core::text::plain;
use refractory_core::words::{English, Words as _};
use refractory_core::{BackupId, OperationId, Verb, can};
use serde::{Deserialize, Serialize};

use super::chrome::say_result;
use crate::problem::Problem;
use crate::session::{AuthorizedForm, SignedIn};
use crate::shared::Shared;
use crate::templates::page;
use crate::words::{self, Moment};

/// Backups on the page. All of them are at the prompt and in the API.
const SHOWN: usize = 20;

/// One backup.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BackupRow {
    pub(crate) id: String,
    pub(crate) at: Moment,
    pub(crate) by: String,
    pub(crate) size: String,
    /// When it was read back, if it was whole then.
    pub(crate) intact: Option<Moment>,
    /// What is wrong with it.
    pub(crate) damage: Option<String>,
}

impl From<&Backup> for BackupRow {
    fn from(backup: &Backup) -> Self {
        let check = backup.check.as_ref();
        Self {
            id: backup.id.to_string(),
            at: backup.at.into(),
            by: backup.requester.clone(),
            size: words::size(backup.size),
            intact: check.filter(|check| check.damage.is_none()).map(|check| check.at.into()),
            damage: check.and_then(|check| check.damage.clone()),
        }
    }
}

/// The operation that is at work on the backups.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Running {
    pub(crate) id: String,
    /// What the page shows of it; the page asks for what is written after that.
    pub(crate) revision: u64,
    pub(crate) headline: &'static str,
    pub(crate) note: Option<String>,
    pub(crate) percent: Option<u8>,
    pub(crate) trouble: Option<String>,
    pub(crate) cancelable: bool,
}

impl Running {
    fn of(operation: &Operation) -> Self {
        let progress = operation.progress();
        let ends = operation.canceled.is_some() && operation.is_ending();
        let headline =
            if ends { "Being canceled" } else { English.operation(operation.kind.name()) };
        Self {
            id: operation.id.to_string(),
            revision: operation.revision,
            headline,
            note: progress.map(|progress| words::sentence(&plain(&English.progress(progress)))),
            percent: progress.and_then(|progress| progress.percent),
            trouble: operation.fault.as_ref().map(|fault| English.failure(&fault.failure)),
            cancelable: operation.is_cancelable() && operation.canceled.is_none(),
        }
    }
}

/// The backups of a table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BackupsView {
    pub(crate) slug: String,
    pub(crate) backups: Vec<BackupRow>,
    /// Whether there are more than those.
    pub(crate) more: bool,
    pub(crate) running: Option<Running>,
    /// Why the last operation on them failed.
    pub(crate) failed: Option<String>,
    /// Whether the table has to be stopped for a backup.
    pub(crate) stops: bool,
    /// Whether it is off, so that a backup can be restored.
    pub(crate) restores: bool,
    /// How long backups are kept after their table was deleted, as `90 days`.
    pub(crate) kept: Option<String>,
}

impl BackupsView {
    /// Those of `table`, where `who` manages it and there are backups at all.
    pub(crate) async fn of(
        shared: &Shared,
        who: &Principal,
        table: &Instance,
    ) -> Result<Option<Self>, Problem> {
        let app = &shared.refractory;
        if !app.supports_backups() || !can(who, Verb::ChangeInstance, table) {
            return Ok(None);
        }
        let page = app.backups(who, &table.id, None, SHOWN).await?;
        let active = app.active_operations(who, &table.id).await?;
        let running = active.iter().find(|operation| operation.kind.backup().is_some());
        let last = app.operations(who, Some(&table.id), None, 1).await?.records.into_iter().next();
        let failed = last
            .filter(|last| !last.is_active() && last.kind.backup().is_some())
            .and_then(|last| last.failure().map(|failure| English.failure(failure)));
        let at_rest = !table.is_desired_on() && table.is_at_rest();
        Ok(Some(Self {
            slug: table.slug.to_string(),
            backups: page.records.iter().map(BackupRow::from).collect(),
            more: page.next.is_some(),
            running: running.map(Running::of),
            failed,
            stops: app.stops_for_backups() && !at_rest,
            restores: at_rest,
            kept: kept(shared),
        }))
    }
}

/// How long backups are kept once their table was deleted, as `90 days`; none where that is for ever.
pub(super) fn kept(shared: &Shared) -> Option<String> {
    let age = shared.refractory.worker_options().orphaned_backups_age;
    age.map(|age| format!("{} days", age.as_secs() / 86_400))
}

/// The part of a table's page with its backups.
#[derive(Debug, Serialize)]
pub(crate) struct BackupsPart {
    pub(crate) backups: BackupsView,
    pub(crate) csrf: String,
}

page! { BackupsPart => "backups.html"; }

/// What a page that follows an operation shows of it already.
#[derive(Debug, Deserialize)]
pub(crate) struct ShownOperation {
    operation: Option<OperationId>,
    revision: Option<u64>,
}

/// How long a page waits for news of an operation before it is answered without any.
const NEWS_WITHIN: Duration = Duration::from_secs(20);

/// `GET /tables/{slug}/backups`: the part alone. Where it is asked for what follows a state of an operation, it is answered once that
/// has changed.
pub(crate) async fn part(
    shared: web::Data<Shared>,
    person: SignedIn,
    slug: web::Path<String>,
    shown: web::Query<ShownOperation>,
) -> Result<HttpResponse, Problem> {
    if let ShownOperation { operation: Some(id), revision: Some(revision) } = shown.into_inner() {
        let _place = shared.stream_place(person.visitor.client)?;
        let mut stopping = shared.stopping.subscribe();
        tokio::select! {
            changed = changed_since(&shared, &person.who, &id, revision) => changed?,
            _ = stopping.wait_for(|stops| *stops) => {}
            () = tokio::time::sleep(NEWS_WITHIN) => {}
        }
    }
    let table = shared.refractory.find(&person.who, &slug).await?;
    let Some(backups) = BackupsView::of(&shared, &person.who, &table).await? else {
        return Err(Problem::no_page());
    };
    let part = BackupsPart { backups, csrf: person.visitor.csrf() };
    shared.templates.answer(StatusCode::OK, &part)
}

/// Waits until the operation `id` is not as it was at `revision` any more.
async fn changed_since(
    shared: &Shared,
    who: &Principal,
    id: &OperationId,
    revision: u64,
) -> refractory_core::Result<()> {
    let mut watch = shared.refractory.watch_operation(who, id);
    while watch.next().await?.is_some_and(|now| now.revision == revision) {}
    Ok(())
}

#[derive(Debug, Deserialize)]
pub(crate) struct CreateForm {
    #[serde(default)]
    stop: String,
}

/// `POST /tables/{slug}/backups`
pub(crate) async fn create(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<CreateForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let table = shared.refractory.find(&person.who, &slug).await?;
    let stop = !form.stop.is_empty();
    let asked = shared.refractory.create_backup(&person.who, &table.id, stop).await;
    let said = format!("A backup of {} is being created.", table.title());
    say_result(&shared, &person.visitor, &back(&table), asked, &said)
}

#[derive(Debug, Deserialize)]
pub(crate) struct BackupForm {
    #[serde(default)]
    typed: String,
}

/// `POST /tables/{slug}/backups/{id}/restore`
pub(crate) async fn restore(
    shared: web::Data<Shared>,
    at: web::Path<(String, String)>,
    ordered: AuthorizedForm<BackupForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let (table, id) = named(&shared, &person, &at).await?;
    let asked = shared.refractory.restore_backup(&person.who, &id, &table.id, &form.typed).await;
    let said = format!("The backup is being restored to {}.", table.title());
    say_result(&shared, &person.visitor, &back(&table), asked, &said)
}

/// `POST /tables/{slug}/backups/{id}/verify`
pub(crate) async fn verify(
    shared: web::Data<Shared>,
    at: web::Path<(String, String)>,
    ordered: AuthorizedForm<BackupForm>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    let (table, id) = named(&shared, &person, &at).await?;
    let asked = shared.refractory.verify_backup(&person.who, &id).await;
    say_result(&shared, &person.visitor, &back(&table), asked, "The backup is being verified.")
}

/// `POST /tables/{slug}/backups/{id}/delete`
pub(crate) async fn delete(
    shared: web::Data<Shared>,
    at: web::Path<(String, String)>,
    ordered: AuthorizedForm<BackupForm>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    let (table, id) = named(&shared, &person, &at).await?;
    let asked = shared.refractory.delete_backup(&person.who, &id).await;
    say_result(&shared, &person.visitor, &back(&table), asked, "The backup is being deleted.")
}

/// `POST /tables/{slug}/operations/{id}/cancel`
pub(crate) async fn cancel(
    shared: web::Data<Shared>,
    at: web::Path<(String, String)>,
    ordered: AuthorizedForm<BackupForm>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    let (slug, id) = at.into_inner();
    let table = shared.refractory.find(&person.who, &slug).await?;
    let id = OperationId::new(&id).map_err(refractory_core::Error::from)?;
    let asked = shared.refractory.cancel_operation(&person.who, &id).await;
    say_result(&shared, &person.visitor, &back(&table), asked, "The operation is being canceled.")
}

async fn named(
    shared: &Shared,
    person: &SignedIn,
    (slug, id): &(String, String),
) -> Result<(Instance, BackupId), Problem> {
    let table = shared.refractory.find(&person.who, slug).await?;
    Ok((table, BackupId::new(id).map_err(refractory_core::Error::from)?))
}

fn back(table: &Instance) -> String {
    format!("/tables/{}#backups", table.slug)
}

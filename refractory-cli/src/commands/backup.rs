//! `backup`: copies of the data of tables.
use anyhow::{Result, bail};
use refractory_core::BackupId;
use refractory_core::model::{Backup, Principal};
use refractory_web::api;

use super::deployment;
use super::operation::{asked, request};
use crate::args::backup::{
    BackupCommand, CreateBackup, DeleteBackup, ListBackups, RestoreBackup, VerifyBackup,
};
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::input;
use crate::output::{Failure, size};

pub(crate) async fn run(desk: &CliContext, command: BackupCommand) -> Result<Exit> {
    match command {
        BackupCommand::Create(args) => create(desk, &args).await?,
        BackupCommand::List(args) => list(desk, &args).await?,
        BackupCommand::Show(args) => show(desk, &args.id).await?,
        BackupCommand::Restore(args) => restore(desk, args).await?,
        BackupCommand::Verify(args) => verify(desk, &args).await?,
        BackupCommand::Delete(args) => delete(desk, args).await?,
        BackupCommand::Own(args) => return deployment::back_up(desk, &args).await,
        BackupCommand::RestoreSelf(args) => return deployment::restore(desk, &args).await,
    }
    Ok(Exit::Done)
}

async fn create(desk: &CliContext, args: &CreateBackup) -> Result<()> {
    let station = desk.open().await?;
    let (app, who) = (&station.refractory, Principal::operator());
    let table = app.find(&who, &args.name).await?;
    let ask = || app.create_backup(&who, &table.id, args.stop);
    let operation = request(desk, &station, args.wait, ask).await?;
    let backup = operation.kind.backup().map(|backup| backup.id.to_string()).unwrap_or_default();
    let said = format!("The backup {backup} of `{}` was created.", table.slug);
    asked(desk, &station, &operation, args.wait, &said).await
}

async fn list(desk: &CliContext, args: &ListBackups) -> Result<()> {
    let station = desk.open().await?;
    let (app, who) = (&station.refractory, Principal::operator());
    let of = match &args.name {
        Some(name) => Some(app.find(&who, name).await?.id),
        None => None,
    };
    let (mut backups, mut cursor) = (Vec::new(), None);
    while backups.len() < args.limit.get() {
        let room = args.limit.get() - backups.len();
        let page = match &of {
            Some(of) => app.backups(&who, of, cursor, room).await?,
            None => app.orphaned_backups(&who, cursor, room).await?,
        };
        backups.extend(page.records);
        let Some(next) = page.next else { break };
        cursor = Some(next);
    }
    let rows: Vec<_> =
        backups.iter().map(|backup| (api::Backup::from(backup), cells(backup))).collect();
    let nothing = match &args.name {
        Some(name) => {
            format!("No backups. Create one with `refractory backup create {name} --wait`.")
        }
        None => "No backups of deleted tables.".to_owned(),
    };
    desk.out.list(&["backup", "table", "created", "size", "by", "verified"], &rows, &nothing)
}

fn cells(backup: &Backup) -> Vec<String> {
    let (id, slug, at) = (backup.id.to_string(), backup.slug.clone(), backup.at.to_string());
    vec![id, slug, at, size(backup.size), backup.requester.clone(), verified(backup)]
}

fn verified(backup: &Backup) -> String {
    match &backup.check {
        None => "not yet".to_owned(),
        Some(check) => match &check.damage {
            None => format!("intact at {}", check.at),
            Some(damage) => damage.clone(),
        },
    }
}

async fn show(desk: &CliContext, id: &BackupId) -> Result<()> {
    let station = desk.open().await?;
    let backup = station.refractory.backup(&Principal::operator(), id).await?;
    let mut said = format!(
        "Backup {} of `{}` ({}), created at {} by {}: {}. Verified: {}.",
        backup.id,
        backup.slug,
        backup.title,
        backup.at,
        backup.requester,
        size(backup.size),
        verified(&backup)
    );
    if let Some(at) = backup.orphaned {
        let kept = kept(&station);
        said = format!(
            "{said} Its table was deleted at {at}. Restore it into another one with `--into NAME`{kept}."
        );
    }
    desk.out.say(&said, &api::Backup::from(&backup))
}

/// How long backups of deleted tables are kept, as the end of a sentence.
fn kept(station: &App) -> String {
    match station.refractory.worker_options().orphaned_backups_age {
        Some(age) => format!("; it is kept for {} days after that", age.as_secs() / 86_400),
        None => String::new(),
    }
}

async fn restore(desk: &CliContext, args: RestoreBackup) -> Result<()> {
    let station = desk.open().await?;
    let (app, who) = (&station.refractory, Principal::operator());
    let backup = app.backup(&who, &args.id).await?;
    let into = match &args.into {
        Some(name) => app.find(&who, name).await?,
        None if backup.orphaned.is_some() => bail!(Failure::new(
            Exit::Invalid,
            "The table of this backup was deleted. Create one, then name it with `--into NAME`.",
        )),
        None => app.get(&who, &backup.of).await?,
    };
    let typed = input::given_or_line(
        args.confirm,
        &format!(
            "This replaces all data of `{}` with the backup of {}. Type its name to continue: ",
            into.slug, backup.at
        ),
    )?;
    let Some(typed) = typed else {
        bail!(Failure::new(
            Exit::Invalid,
            format!("To replace all data of this table, add `--confirm {}`.", into.slug)
        ));
    };
    let ask = || app.restore_backup(&who, &backup.id, &into.id, &typed);
    let operation = request(desk, &station, args.wait, ask).await?;
    let said = format!("`{}` has the data of the backup {} again.", into.slug, backup.id);
    asked(desk, &station, &operation, args.wait, &said).await
}

async fn verify(desk: &CliContext, args: &VerifyBackup) -> Result<()> {
    let station = desk.open().await?;
    let who = Principal::operator();
    let ask = || station.refractory.verify_backup(&who, &args.id);
    let operation = request(desk, &station, args.wait, ask).await?;
    let said = format!("The backup {} is intact.", args.id);
    asked(desk, &station, &operation, args.wait, &said).await
}

async fn delete(desk: &CliContext, args: DeleteBackup) -> Result<()> {
    let station = desk.open().await?;
    let (app, who) = (&station.refractory, Principal::operator());
    let backup = app.backup(&who, &args.id).await?;
    let typed = input::given_or_line(
        args.confirm,
        &format!(
            "This permanently deletes the backup of `{}` of {}. Type its ID to continue: ",
            backup.slug, backup.at
        ),
    )?;
    if typed.as_deref().map(str::trim) != Some(backup.id.as_str()) {
        bail!(Failure::new(
            Exit::Invalid,
            format!("To delete this backup, add `--confirm {}`.", backup.id)
        ));
    }
    let ask = || app.delete_backup(&who, &backup.id);
    let operation = request(desk, &station, args.wait, ask).await?;
    let said = format!("The backup {} was deleted.", backup.id);
    asked(desk, &station, &operation, args.wait, &said).await
}

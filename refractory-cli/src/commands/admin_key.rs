//! `admin-key`: what is kept of deleted tables.
use anyhow::Result;
use refractory_core::UserId;
use refractory_core::model::{Principal, RetainedAdminKey, Slug};
use serde_json::{Value, json};

use crate::args::admin_key::AdminKeyCommand;
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::output::ago;

pub(crate) async fn run(desk: &CliContext, command: AdminKeyCommand) -> Result<Exit> {
    let station = desk.open().await?;
    match command {
        AdminKeyCommand::List => list(desk, &station).await?,
        AdminKeyCommand::Purge { slug, owner } => purge(desk, &station, &slug, owner).await?,
    }
    Ok(Exit::Done)
}

async fn list(desk: &CliContext, station: &App) -> Result<()> {
    let refractory = &station.refractory;
    let (who, now) = (Principal::operator(), refractory.now());
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = refractory.retained_admin_keys(&who, after).await?;
        for kept in &page.records {
            let owner = owner_name(station, kept.owner.as_ref()).await?;
            let cells = vec![kept.slug.to_string(), owner.clone(), ago(kept.deleted, now)];
            rows.push((value(kept, &owner), cells));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    desk.out.list(
        &["name", "owner", "deleted"],
        &rows,
        "No administrator password of a deleted table is kept.",
    )
}

fn value(kept: &RetainedAdminKey, owner: &str) -> Value {
    json!({ "name": kept.slug.as_str(), "owner": owner, "deleted": kept.deleted.to_string() })
}

/// The owner's name, or the id where the account is gone.
async fn owner_name(station: &App, owner: Option<&UserId>) -> Result<String> {
    let Some(owner) = owner else { return Ok(String::new()) };
    let name = station.refractory.account_name(&Principal::operator(), owner).await?;
    Ok(name.map_or_else(|| owner.to_string(), |name| name.to_string()))
}

async fn purge(desk: &CliContext, station: &App, slug: &Slug, owner: Option<String>) -> Result<()> {
    let owner = match &owner {
        Some(name) => Some(station.refractory.find_user(&Principal::operator(), name).await?.id),
        None => None,
    };
    station.refractory.purge_admin_key(&Principal::operator(), slug, owner.as_ref()).await?;
    let said = format!("The administrator password of the deleted table `{slug}` was deleted.");
    desk.out.say(&said, &json!({ "name": slug.as_str(), "purged": true }))
}

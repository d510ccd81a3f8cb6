//! `record`: records that cannot be read.
use anyhow::{Result, bail};
use refractory_core::ErrorKind;
use refractory_core::model::Principal;
use refractory_core::ports::{DamagedRecord, Kind};
use refractory_web::api;
use serde_json::json;

use crate::args::rest::RecordCommand;
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::output::{Failure, Out};

pub(crate) async fn run(desk: &CliContext, command: RecordCommand) -> Result<Exit> {
    let station = desk.open().await?;
    match command {
        RecordCommand::List => list(desk, &station).await?,
        RecordCommand::Show(wanted) => {
            show(desk, &found(&station, wanted.kind, &wanted.id).await?)?;
        }
        RecordCommand::Remove { record, confirm } => {
            remove(desk, &station, &found(&station, record.kind, &record.id).await?, &confirm)
                .await?;
        }
    }
    Ok(Exit::Done)
}

async fn list(desk: &CliContext, station: &App) -> Result<()> {
    let all = station.refractory.damaged_all(&Principal::operator()).await?;
    let rows: Vec<_> = all
        .iter()
        .map(|record| {
            let name = if record.name() == record.id { "" } else { record.name() };
            let cells = [record.kind.name(), &record.id, name, &record.reason];
            (api::DamagedRecord::of(record, true), cells.map(ToOwned::to_owned).to_vec())
        })
        .collect();
    desk.out.list(&["kind", "id", "name", "what is wrong"], &rows, "Every record can be read.")
}

async fn found(station: &App, kind: Kind, id: &str) -> Result<DamagedRecord> {
    match station.refractory.find_damaged(&Principal::operator(), kind, id).await {
        Ok(record) => Ok(record),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        Err(_) => bail!(Failure::new(
            Exit::NotFound,
            format!(
                "There is no damaged record `{} {id}`. See `refractory record list`.",
                kind.name()
            )
        )),
    }
}

fn show(desk: &CliContext, record: &DamagedRecord) -> Result<()> {
    // Sealed as it is, it is nothing to print; nobody can repair it by hand.
    let text = if record.kind == Kind::Secret { "a sealed secret" } else { &record.text };
    if desk.out.is_json() {
        let mut shown = json!(api::DamagedRecord::of(record, true));
        shown["unique"] = json!(record.unique);
        shown["text"] = json!(text);
        return Out::value(&shown);
    }
    let rows = [
        ("kind", record.kind.name()),
        ("id", &record.id),
        ("name", record.name()),
        ("what is wrong", &record.reason),
    ];
    Out::table(&[], rows.map(|(name, text)| vec![name.to_owned(), text.to_owned()]).into_iter())?;
    Out::line(&format!("\n{}", text.escape_debug()))
}

async fn remove(
    desk: &CliContext,
    station: &App,
    record: &DamagedRecord,
    typed: &str,
) -> Result<()> {
    if typed != record.id {
        bail!(Failure::new(
            Exit::Invalid,
            format!("To remove this record, say its id once more: `--confirm {}`.", record.id)
        ));
    }
    station.refractory.remove_damaged(&Principal::operator(), record.kind, &record.id).await?;
    let said =
        format!("The damaged record of the {} `{}` is removed.", record.kind.name(), record.name());
    desk.out.say(&said, &api::DamagedRecord::of(record, true))
}

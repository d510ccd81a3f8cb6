//! `event`.
use anyhow::Result;
use refractory_core::model::{Event, Principal};
use serde::Serialize;

use crate::args::event::{EventCommand, List};
use crate::compose::Desk;
use crate::exit::Exit;

/// An entry of the audit log.
#[derive(Debug, Serialize)]
struct EventJson {
    at: String,
    kind: String,
    instance: Option<String>,
    by: String,
    via: String,
    address: Option<String>,
    text: String,
}

impl EventJson {
    fn of(event: &Event) -> Result<Self> {
        Ok(Self {
            at: event.at.to_string(),
            kind: word(&event.kind)?,
            instance: event.instance.as_ref().map(ToString::to_string),
            by: event.name.clone(),
            via: word(&event.via)?,
            address: event.address.map(|address| address.to_string()),
            text: event.text.clone(),
        })
    }
}

/// The word that JSON has for it.
fn word(of: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_value(of)?.as_str().unwrap_or_default().to_owned())
}

pub(crate) async fn run(desk: &Desk, command: EventCommand) -> Result<Exit> {
    let EventCommand::List(args) = command;
    list(desk, args).await?;
    Ok(Exit::Done)
}

async fn list(desk: &Desk, args: List) -> Result<()> {
    let station = desk.open().await?;
    let who = Principal::operator();
    let table = match &args.instance {
        Some(name) => Some(station.refractory.find(&who, name).await?.id),
        None => None,
    };
    let all = station.refractory.events(&who, table.as_ref(), usize::MAX).await?;
    let mut rows = Vec::new();
    for event in &all {
        let json = EventJson::of(event)?;
        if args.kind.as_ref().is_none_or(|kind| *kind == json.kind) {
            let from = json.address.clone().unwrap_or_else(|| json.via.clone());
            let cells = [&json.at, &json.kind, &from, &json.text];
            let cells = cells.map(ToOwned::to_owned).to_vec();
            rows.push((json, cells));
        }
        if rows.len() >= args.limit.get() {
            break;
        }
    }
    desk.out.list(&["at", "kind", "from", "what"], &rows, "No entries.")
}

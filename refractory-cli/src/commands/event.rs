//! `event`.
use anyhow::Result;
use refractory_core::EventFilter;
use refractory_core::model::{Event, Principal};
use refractory_core::words::{English, Words as _};
use serde::Serialize;
use serde_json::Value;

use crate::args::event::{EventCommand, List};
use crate::compose::{Desk, Station};
use crate::exit::Exit;

/// An entry of the audit log.
#[derive(Debug, Serialize)]
struct EventJson {
    id: String,
    at: String,
    kind: String,
    instance: Option<String>,
    by: String,
    via: String,
    address: Option<String>,
    /// What it is about, beside the instance: by the names that its kind has.
    details: Option<Value>,
    text: String,
}

impl EventJson {
    fn of(event: &Event) -> Result<Self> {
        let mut written = serde_json::to_value(event)?;
        Ok(Self {
            id: event.id.to_string(),
            at: event.at.to_string(),
            kind: event.kind.name().to_owned(),
            instance: event.instance.as_ref().map(|instance| instance.id.to_string()),
            by: event.actor.name.clone(),
            via: written["via"].as_str().unwrap_or_default().to_owned(),
            address: event.address.map(|address| address.to_string()),
            details: written.get_mut("details").map(Value::take),
            text: English.event(event),
        })
    }

    fn cells(&self) -> Vec<String> {
        let from = self.address.as_ref().unwrap_or(&self.via);
        [&self.at, &self.kind, from, &self.text].map(ToOwned::to_owned).to_vec()
    }
}

pub(crate) async fn run(desk: &Desk, command: EventCommand) -> Result<Exit> {
    let EventCommand::List(args) = command;
    list(desk, args).await?;
    Ok(Exit::Done)
}

async fn list(desk: &Desk, args: List) -> Result<()> {
    let station = desk.open().await?;
    let filter = filter(&station, &args).await?;
    let mut rows = Vec::new();
    for event in latest(&station, &filter, args.limit.get()).await? {
        let json = EventJson::of(&event)?;
        let cells = json.cells();
        rows.push((json, cells));
    }
    desk.out.list(&["at", "kind", "from", "what"], &rows, "No entries.")
}

/// The conditions, with ids in place of names.
async fn filter(station: &Station, args: &List) -> Result<EventFilter> {
    let who = Principal::operator();
    let mut filter = EventFilter::default();
    if let Some(name) = &args.instance {
        filter.instance = Some(station.refractory.find(&who, name).await?.id);
    }
    if let Some(name) = &args.user {
        filter.actor = Some(station.refractory.find_user(&who, name).await?.id);
    }
    filter.kind.clone_from(&args.kind);
    Ok(filter)
}

/// The latest `count` events, newest first.
async fn latest(station: &Station, filter: &EventFilter, count: usize) -> Result<Vec<Event>> {
    let who = Principal::operator();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let left = count.saturating_sub(all.len());
        let page = station.refractory.events(&who, filter, after, left).await?;
        all.extend(page.events);
        after = page.next;
        if after.is_none() || all.len() >= count {
            return Ok(all);
        }
    }
}

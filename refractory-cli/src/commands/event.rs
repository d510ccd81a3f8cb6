//! `event`.
use anyhow::Result;
use refractory_core::EventFilter;
use refractory_core::model::{Event, Principal};
use refractory_web::api;

use crate::args::event::{EventCommand, List};
use crate::compose::{App, CliContext};
use crate::exit::Exit;

pub(crate) async fn run(desk: &CliContext, command: EventCommand) -> Result<Exit> {
    let EventCommand::List(args) = command;
    list(desk, args).await?;
    Ok(Exit::Done)
}

async fn list(desk: &CliContext, args: List) -> Result<()> {
    let station = desk.open().await?;
    let filter = filter(&station, &args).await?;
    let mut rows = Vec::new();
    for event in latest(&station, &filter, args.limit.get()).await? {
        let form = api::Event::of(&event, true);
        let from = form.address.as_ref().unwrap_or(&form.via);
        let cells = [&form.at, &form.kind, from, &form.text].map(ToOwned::to_owned).to_vec();
        rows.push((form, cells));
    }
    desk.out.list(&["at", "kind", "from", "what"], &rows, "No entries.")
}

/// The conditions, with ids in place of names.
async fn filter(station: &App, args: &List) -> Result<EventFilter> {
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
async fn latest(station: &App, filter: &EventFilter, count: usize) -> Result<Vec<Event>> {
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

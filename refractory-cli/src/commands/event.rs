//! `event`.
use std::time::Duration;

use anyhow::{Result, bail};
use refractory_core::model::{Event, EventKind, Principal};
use refractory_core::{ErrorKind, EventFilter, InstanceId};
use refractory_web::api;

use crate::args::event::{EventCommand, List};
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::output::{Failure, Out};

/// How soon a reader that has gone is noticed.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) async fn run(desk: &CliContext, command: EventCommand) -> Result<Exit> {
    let EventCommand::List(args) = command;
    if args.follow {
        follow(desk, args).await?;
    } else {
        list(desk, args).await?;
    }
    Ok(Exit::Done)
}

/// The latest entries, oldest first, and then each new one, until no one reads any more.
async fn follow(desk: &CliContext, args: List) -> Result<()> {
    let station = desk.open().await?;
    let filter = filter(&station, &args).await?;
    // From before the list is read, so that nothing falls between the two.
    let from = station.refractory.event_cursor().await?;
    let mut shown = latest(&station, &filter, args.limit.get()).await?;
    shown.reverse();
    for event in &shown {
        print(desk, event)?;
    }
    let who = Principal::operator();
    let mut events = station.refractory.subscribe(&who, filter, Some(from)).await?;
    while !Out::is_closed() {
        // An end of the pipe is noticed now and then, also while nothing happens.
        let Ok(next) = tokio::time::timeout(LOOK, events.next()).await else { continue };
        let event = match next {
            Ok(next) => next.event,
            // It goes on from where it was.
            Err(error) => {
                desk.out.note(&error.for_people());
                tokio::time::sleep(LOOK).await;
                continue;
            }
        };
        if shown.iter().all(|known| known.id != event.id) {
            print(desk, &event)?;
        }
    }
    Ok(())
}

fn print(desk: &CliContext, event: &Event) -> Result<()> {
    let form = api::Event::of(event, true);
    if desk.out.is_json() { Out::value_line(&form) } else { Out::line(&cells(&form).join("  ")) }
}

fn cells(form: &api::Event) -> Vec<String> {
    let from = form.address.as_ref().unwrap_or(&form.via);
    [&form.at, &form.kind, from, &form.text].map(ToOwned::to_owned).to_vec()
}

async fn list(desk: &CliContext, args: List) -> Result<()> {
    let station = desk.open().await?;
    let filter = filter(&station, &args).await?;
    let mut rows = Vec::new();
    for event in latest(&station, &filter, args.limit.get()).await? {
        let form = api::Event::of(&event, true);
        let cells = cells(&form);
        rows.push((form, cells));
    }
    desk.out.list(&["at", "kind", "from", "what"], &rows, "No entries.")
}

/// The conditions, with ids in place of names.
async fn filter(station: &App, args: &List) -> Result<EventFilter> {
    let who = Principal::operator();
    let mut filter = EventFilter::default();
    if let Some(name) = &args.instance {
        filter.instance = Some(instance(station, name).await?);
    }
    if let Some(name) = &args.user {
        filter.actor = Some(station.refractory.find_user(&who, name).await?.id);
    }
    if let Some(kind) = args.kind.as_deref().filter(|kind| !EventKind::NAMES.contains(kind)) {
        let known = EventKind::NAMES.join(", ");
        bail!(Failure::new(
            Exit::Invalid,
            format!("There is no kind of event `{kind}`. The kinds are: {known}.")
        ));
    }
    filter.kind.clone_from(&args.kind);
    Ok(filter)
}

/// The table called `name`. A deleted one is named by its id: its events are kept.
async fn instance(station: &App, name: &str) -> Result<InstanceId> {
    let who = station.refractory.operator();
    let missing = match station.refractory.find(&who, name).await {
        Err(error) if error.kind() == ErrorKind::NotFound => error,
        found => return Ok(found?.id),
    };
    let Ok(id) = InstanceId::new(name) else { return Err(missing.into()) };
    let known = station.refractory.events(&who, &EventFilter::about(&id), None, 1).await?;
    if known.events.is_empty() { Err(missing.into()) } else { Ok(id) }
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

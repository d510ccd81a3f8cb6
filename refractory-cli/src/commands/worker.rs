//! `worker`.
use anyhow::Result;

use super::follow::idle;
use crate::args::rest::WorkerCommand;
use crate::compose::Desk;
use crate::exit::Exit;
use crate::output::{WorkerJson, ago};

pub(crate) async fn run(desk: &Desk, command: &WorkerCommand) -> Result<Exit> {
    let WorkerCommand::List = command;
    let station = desk.open().await?;
    let now = station.refractory.now();
    let rows: Vec<_> = station
        .workers()
        .await?
        .iter()
        .map(|mark| {
            let (born, seen) = (ago(mark.born, now), ago(mark.seen, now));
            let cells = vec![mark.id.to_string(), born, seen, mark.unlisted.join(", ")];
            (WorkerJson::from(mark), cells)
        })
        .collect();
    let mut empty = idle(&station);
    if station.running_up().is_none() {
        empty.push_str(" Start it with `refractory up`.");
    }
    desk.out.list(&["worker", "since", "seen", "cannot list"], &rows, &empty)?;
    Ok(Exit::Done)
}

//! `worker`.
use anyhow::Result;
use refractory_core::Timestamp;
use refractory_core::model::WorkerMark;
use refractory_web::api;

use super::follow::idle;
use crate::args::rest::WorkerCommand;
use crate::compose::CliContext;
use crate::exit::Exit;
use crate::output::{Out, ago};

pub(crate) async fn run(desk: &CliContext, command: &WorkerCommand) -> Result<Exit> {
    let WorkerCommand::List = command;
    let station = desk.open().await?;
    let now = station.refractory.now();
    let marks = station.workers().await?;
    let rows: Vec<_> = marks
        .iter()
        .map(|mark| {
            let (born, seen) = (ago(mark.born, now), ago(mark.seen, now));
            let cells = vec![mark.id.to_string(), born, seen, mark.unlisted.join(", ")];
            (api::Worker::from(mark), cells)
        })
        .collect();
    let mut empty = idle(&station);
    if station.running_up().is_none() {
        empty.push_str(" Start it with `refractory up`.");
    }
    desk.out.list(&["worker", "since", "seen", "cannot list"], &rows, &empty)?;
    if !desk.out.is_json() {
        duties(&marks, now)?;
    }
    Ok(Exit::Done)
}

/// What each worker does on a clock.
fn duties(marks: &[WorkerMark], now: Timestamp) -> Result<()> {
    let rows = marks.iter().flat_map(|mark| {
        mark.duties.iter().map(move |duty| {
            let last = duty.last.map_or_else(|| "not yet".to_owned(), |at| ago(at, now));
            let result = duty.failure.clone().unwrap_or_else(|| "ok".to_owned());
            let every = format!("{} s", duty.every.as_secs());
            vec![mark.id.to_string(), duty.name.clone(), every, last, result]
        })
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    Out::line("")?;
    Out::table(&["worker", "duty", "every", "last", "result"], rows.into_iter())
}

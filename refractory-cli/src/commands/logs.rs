//! `instance logs`.
use std::time::Duration;

use anyhow::Result;
use refractory_core::InstanceId;
use refractory_core::model::Principal;
use serde_json::json;

use crate::args::instance::Logs;
use crate::compose::{App, CliContext};
use crate::output::Out;

/// How often a log that is followed is read on.
const LOOK: Duration = Duration::from_millis(300);
/// How many lines are read at once.
const CHUNK: usize = 1000;

pub(crate) async fn run(
    desk: &CliContext,
    station: &App,
    id: &InstanceId,
    args: &Logs,
) -> Result<()> {
    let who = Principal::operator();
    let mut chunk = station.refractory.logs(&who, id, None, args.lines).await?;
    if chunk.lines.is_empty() && !args.follow {
        desk.out.note(&format!("`{}` has no log entries yet.", args.name));
    }
    loop {
        for line in &chunk.lines {
            if desk.out.is_json() {
                Out::value_line(&json!({ "line": line }))?;
            } else {
                Out::log_line(line)?;
            }
        }
        if !args.follow || Out::is_closed() {
            return Ok(());
        }
        if chunk.lines.is_empty() {
            tokio::time::sleep(LOOK).await;
        }
        chunk = station.refractory.logs(&who, id, Some(&chunk.next), CHUNK).await?;
    }
}

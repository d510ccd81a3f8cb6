//! `operation`: what workers do that takes long.
use std::time::Duration;

use anyhow::{Result, bail};
use refractory_core::OperationId;
use refractory_core::model::{Operation, OperationOutcome, OperationStep, Principal, StepRecord};
use refractory_core::words::{English, Words as _};
use refractory_web::api;

use super::follow::{ProgressReporter, nobody_works, note_idle};
use crate::args::backup::{ListOperations, OperationCommand};
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::output::{Failure, Out};

/// How often progress is looked at: no event of the store's crosses processes.
const LOOK: Duration = Duration::from_millis(200);
/// How many looks lie between two questions whether any worker is alive.
const LOOKS_PER_ROLL_CALL: u32 = 10;

pub(crate) async fn run(desk: &CliContext, command: OperationCommand) -> Result<Exit> {
    match command {
        OperationCommand::List(args) => list(desk, &args).await?,
        OperationCommand::Show(args) => show(desk, &args.id).await?,
        OperationCommand::Cancel(args) => cancel(desk, &args.id).await?,
    }
    Ok(Exit::Done)
}

async fn list(desk: &CliContext, args: &ListOperations) -> Result<()> {
    let station = desk.open().await?;
    let (app, who) = (&station.refractory, Principal::operator());
    let of = match &args.name {
        Some(name) => Some(app.find(&who, name).await?.id),
        None => None,
    };
    let (mut operations, mut cursor) = (Vec::new(), None);
    while operations.len() < args.limit.get() {
        let room = args.limit.get() - operations.len();
        let page = app.operations(&who, of.as_ref(), cursor, room).await?;
        operations.extend(page.records);
        let Some(next) = page.next else { break };
        cursor = Some(next);
    }
    let rows: Vec<_> = operations
        .iter()
        .map(|operation| {
            let (id, kind) = (operation.id.to_string(), operation.kind.name().as_str().to_owned());
            let asked = operation.requested_at.to_string();
            let cells = vec![id, kind, operation.slug.clone(), asked, words(operation)];
            (api::Operation::from(operation), cells)
        })
        .collect();
    desk.out.list(&["operation", "kind", "table", "asked", "state"], &rows, "No operations.")
}

async fn show(desk: &CliContext, id: &OperationId) -> Result<()> {
    let station = desk.open().await?;
    let operation = station.refractory.operation(&Principal::operator(), id).await?;
    if desk.out.is_json() {
        return Out::value(&api::Operation::from(&operation));
    }
    let mut rows = vec![
        row("operation", operation.id.to_string()),
        row("kind", operation.kind.name().as_str().to_owned()),
        row("table", operation.slug.clone()),
        row("asked", format!("{} by {}", operation.requested_at, operation.requester)),
        row("state", words(&operation)),
    ];
    if let Some(backup) = operation.kind.backup() {
        rows.push(row("backup", backup.id.to_string()));
    }
    for (step, record) in &operation.journal {
        let said = match record {
            StepRecord::Intended(attempt) => format!("since {}", attempt.since),
            StepRecord::Done(at) => format!("done at {at}"),
            // A hold ends with every operation: nothing was taken back.
            StepRecord::Undone(at) if *step == OperationStep::Hold => format!("released at {at}"),
            StepRecord::Undone(at) => format!("undone at {at}"),
        };
        rows.push(row(step.name(), said));
    }
    Out::table(&[], rows.into_iter())
}

fn row(name: &str, said: String) -> Vec<String> {
    vec![name.to_owned(), said]
}

async fn cancel(desk: &CliContext, id: &OperationId) -> Result<()> {
    let station = desk.open().await?;
    let operation = station.refractory.cancel_operation(&Principal::operator(), id).await?;
    let said = format!("The operation on `{}` is being canceled.", operation.slug);
    desk.out.say(&said, &api::Operation::from(&operation))?;
    note_idle(desk.out, &station).await
}

/// Says that an operation was asked for, or follows it to its end and says `done`.
pub(super) async fn asked(
    desk: &CliContext,
    station: &App,
    operation: &Operation,
    wait: bool,
    done: &str,
) -> Result<()> {
    if wait {
        let ended = follow(desk.out, station, &operation.id).await?;
        return desk.out.say(done, &api::Operation::from(&ended));
    }
    let said = format!(
        "`{}`: {}. Follow it with `refractory operation show {}`.",
        operation.slug,
        English.operation(operation.kind.name()),
        operation.id
    );
    desk.out.say(&said, &api::Operation::from(operation))?;
    note_idle(desk.out, station).await
}

/// Shows how an operation gets on until it has ended.
async fn follow(out: Out, station: &App, id: &OperationId) -> Result<Operation> {
    let who = Principal::operator();
    let mut reporter = ProgressReporter::begin(out);
    for look in 0_u32.. {
        let operation = station.refractory.operation(&who, id).await?;
        if let Some(end) = &operation.end {
            return match &end.outcome {
                OperationOutcome::Succeeded => Ok(operation),
                OperationOutcome::Failed(failure) => {
                    bail!(Failure::new(Exit::Attention, English.failure(failure)))
                }
                OperationOutcome::Canceled => {
                    bail!(Failure::new(Exit::Conflict, "Another user canceled it."))
                }
                OperationOutcome::Superseded => bail!(Failure::new(
                    Exit::Conflict,
                    format!("`{}` was deleted in the meantime.", operation.slug)
                )),
            };
        }
        reporter.report(words(&operation));
        if look % LOOKS_PER_ROLL_CALL == 0 && station.workers().await?.is_empty() {
            bail!(nobody_works(station));
        }
        tokio::time::sleep(LOOK).await;
    }
    bail!(Failure::new(Exit::Unavailable, "It takes too long to be followed."))
}

/// How an operation stands, in a few words.
fn words(operation: &Operation) -> String {
    let state = operation.state().name();
    if let Some(failure) = operation.failure() {
        return format!("{state}: {}", English.failure(failure));
    }
    if let Some(fault) = &operation.fault {
        return format!(
            "{state}: {} (attempt {})",
            English.failure(&fault.failure),
            fault.attempts
        );
    }
    match operation.progress().filter(|_| operation.is_active()) {
        Some(progress) => match progress.percent {
            Some(percent) => format!("{state}: {} ({percent} %)", English.progress(progress)),
            None => format!("{state}: {}", English.progress(progress)),
        },
        None => state.to_owned(),
    }
}

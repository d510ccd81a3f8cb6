//! `operation`: what workers do that takes long.
use std::time::Duration;

use anyhow::{Result, bail};
use refractory_core::model::{Operation, OperationOutcome, OperationStep, Principal, StepRecord};
use refractory_core::words::{English, Words as _};
use refractory_core::{Code, Error, OperationId, SettledOperation};
use refractory_web::api;

use super::follow::{ProgressReporter, nobody_works, note_idle};
use crate::args::backup::{ListOperations, OperationCommand};
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::output::{Failure, Out};

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

/// Asks for an operation. Where another one is in the way, waits for its end first if `wait` is set, and says what to do otherwise.
pub(super) async fn request<F>(
    desk: &CliContext,
    station: &App,
    wait: bool,
    ask: impl Fn() -> F,
) -> Result<Operation>
where
    F: Future<Output = refractory_core::Result<Operation>>,
{
    loop {
        let error = match ask().await {
            Err(error) if is_in_the_way(&error) => error,
            asked => return Ok(asked?),
        };
        let Some(other) = error.fact("operation").and_then(|id| OperationId::new(id).ok()) else {
            return Err(error.into());
        };
        let sentence = English.error(&error);
        if !wait {
            bail!(Failure::new(
                Exit::Conflict,
                format!(
                    "{sentence} Follow it with `refractory operation show {other}`, or add `--wait`: then this command waits for it first."
                )
            ));
        }
        let first = sentence.split_inclusive(". ").next().unwrap_or_default().trim();
        desk.out.note(&format!("{first} Waiting for operation {other} to end first."));
        follow_to_end(desk.out, station, &other).await?;
    }
}

fn is_in_the_way(error: &Error) -> bool {
    [Code::OPERATION_IN_PROGRESS, Code::BACKUP_IN_USE].contains(error.code())
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

/// Shows how an operation gets on until it has ended, and returns it if it did what was asked for.
async fn follow(out: Out, station: &App, id: &OperationId) -> Result<Operation> {
    let ended = follow_to_end(out, station, id).await?;
    match ended.end.as_ref().map(|end| &end.outcome) {
        Some(OperationOutcome::Failed(failure)) => {
            bail!(Failure::new(Exit::Attention, English.failure(failure)))
        }
        Some(OperationOutcome::Canceled) => {
            bail!(Failure::new(Exit::Conflict, "Another user canceled it."))
        }
        Some(OperationOutcome::Superseded) => bail!(Failure::new(
            Exit::Conflict,
            format!("`{}` was deleted in the meantime.", ended.slug)
        )),
        Some(OperationOutcome::Succeeded) | None => Ok(ended),
    }
}

/// Shows how an operation gets on until it has ended, whatever it came to.
async fn follow_to_end(out: Out, station: &App, id: &OperationId) -> Result<Operation> {
    let (app, who) = (&station.refractory, Principal::operator());
    let mut reporter = ProgressReporter::begin(out);
    if app.operation(&who, id).await?.is_active() && station.workers().await?.is_empty() {
        bail!(nobody_works(station));
    }
    loop {
        let report = |operation: &Operation| reporter.report(words(operation));
        match app.settled_operation(&who, id, Duration::MAX, report).await? {
            SettledOperation::Ended(operation) => return Ok(*operation),
            // One that was not heard of for a moment may be at work still.
            SettledOperation::NoWorker if station.workers().await?.is_empty() => {
                bail!(nobody_works(station));
            }
            SettledOperation::NoWorker | SettledOperation::TimedOut | _ => {}
        }
    }
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

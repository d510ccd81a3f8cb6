//! Following a table to where it was asked to go.
use std::time::Duration;

use anyhow::{Result, bail};
use refractory_core::model::{Instance, Power, Principal};
use refractory_core::{Settled, settled};

use crate::compose::App;
use crate::exit::Exit;
use crate::output::{Failure, Out, Spinner, say, words};

/// Shows how a table gets on until what was asked of it is settled; `asked` is the table as the request returned it. `None` when
/// it is gone.
pub(crate) async fn follow(
    out: Out,
    station: &App,
    who: &Principal,
    asked: &Instance,
) -> Result<Option<Instance>> {
    let mut reporter = ProgressReporter::begin(out);
    if settled(asked.desired.power, asked).is_none() && station.workers().await?.is_empty() {
        bail!(nobody_works(station));
    }
    loop {
        let report = |table: &Instance| reporter.report(words(table));
        let refractory = &station.refractory;
        match refractory.settled_telling(who, asked, Duration::MAX, report).await? {
            Settled::On(_) | Settled::Off => {
                return Ok(Some(refractory.get(who, &asked.id).await?));
            }
            Settled::Gone => return Ok(None),
            Settled::Failed(fault) => bail!(Failure::new(Exit::Attention, say::fault(&fault))),
            Settled::Superseded(power) => bail!(superseded(asked, power)),
            // One that was not heard of for a moment may be at work still.
            Settled::NoWorker if station.workers().await?.is_empty() => {
                bail!(nobody_works(station));
            }
            Settled::NoWorker | Settled::TimedOut | _ => {}
        }
    }
}

fn superseded(asked: &Instance, power: Power) -> Failure {
    let turned = match power {
        Power::On => "on",
        Power::Off => "off",
        Power::Gone => "deleted",
    };
    let said = format!("Another user turned `{}` {turned} in the meantime.", asked.slug);
    Failure::new(Exit::Conflict, said)
}

/// What to do when no worker carries requests out.
pub(crate) fn nobody_works(station: &App) -> Failure {
    let then = match station.running_up() {
        Some(_) => "when it goes on",
        None => "when you start the service: run `refractory up` with the same data folder",
    };
    let said = format!("{} Your request is saved and is carried out {then}.", idle(station));
    Failure::new(Exit::Unavailable, said)
}

/// Notes it where no worker carries requests out.
pub(super) async fn note_idle(out: Out, station: &App) -> Result<()> {
    if station.workers().await?.is_empty() {
        out.note(&nobody_works(station).to_string());
    }
    Ok(())
}

/// What it means that no worker was heard of.
pub(crate) fn idle(station: &App) -> String {
    match station.running_up() {
        Some(up) => format!(
            "Refractory's background service (process {}) runs and hasn't reported for a while: it may be suspended, or its disk full. \
             Tables may not start or stop. See its log and `refractory doctor`.",
            up.pid
        ),
        None => {
            "Refractory's background service isn't running. Tables can't start or stop.".to_owned()
        }
    }
}

/// Reports each change once: in place on a terminal, line by line elsewhere.
pub(super) struct ProgressReporter {
    out: Out,
    spinner: Spinner,
    last: String,
}

impl ProgressReporter {
    pub(super) fn begin(out: Out) -> Self {
        Self { out, spinner: Spinner::begin(out, "looking"), last: String::new() }
    }

    pub(super) fn report(&mut self, words: String) {
        if words == self.last {
            return;
        }
        if !self.spinner.say(&words) {
            self.out.note(&words);
        }
        self.last = words;
    }
}

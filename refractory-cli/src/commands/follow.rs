//! Following a table to where it was asked to go.
use std::time::Duration;

use anyhow::{Result, bail};
use refractory_core::model::{Instance, Phase, Power, Principal};
use refractory_core::{ErrorKind, InstanceId};

use crate::compose::App;
use crate::exit::Exit;
use crate::output::{Failure, Out, Spinner, say, words};

/// How often somebody else's progress is looked at: no event of the store's crosses processes.
const LOOK: Duration = Duration::from_millis(100);
/// How many looks lie between two questions whether anybody works.
const LOOKS_PER_ROLL_CALL: u32 = 20;

/// Where a table was asked to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    On,
    Off,
    Gone,
}

/// Shows how a table gets on until it is where it was asked to go; `None` when it is gone.
pub(crate) async fn follow(
    out: Out,
    station: &App,
    who: &Principal,
    id: &InstanceId,
    goal: Goal,
) -> Result<Option<Instance>> {
    let mut teller = Teller::begin(out);
    let mut looks = 0;
    loop {
        let table = match station.refractory.get(who, id).await {
            Ok(table) => table,
            Err(error) if error.kind() == ErrorKind::NotFound && goal == Goal::Gone => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if arrived(&table, goal)? {
            return Ok(Some(table));
        }
        teller.tell(words(&table));
        if looks % LOOKS_PER_ROLL_CALL == 0 && station.workers().await?.is_empty() {
            bail!(nobody_works(station));
        }
        looks += 1;
        tokio::time::sleep(LOOK).await;
    }
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

fn arrived(table: &Instance, goal: Goal) -> Result<bool, Failure> {
    let turned = |asked| {
        Failure::new(
            Exit::Conflict,
            format!("Another user turned `{}` {asked} in the meantime.", table.slug),
        )
    };
    match (goal, table.desired.power, table.phase()) {
        (Goal::On, Power::On, _) if table.given_up() => {
            let message = table.live_fault().map_or_else(String::new, say::fault);
            Err(Failure::new(Exit::Attention, message))
        }
        (Goal::On, Power::On, Phase::On(_)) | (Goal::Off, Power::Off, Phase::Off) => Ok(true),
        (Goal::On, Power::Off, _) => Err(turned("off")),
        (Goal::Off, Power::On, _) => Err(turned("on")),
        (Goal::On | Goal::Off, Power::Gone, _) => Err(turned("deleted")),
        _ => Ok(false),
    }
}

/// Tells each change once: in place on a terminal, line by line elsewhere.
pub(super) struct Teller {
    out: Out,
    spinner: Spinner,
    last: String,
}

impl Teller {
    pub(super) fn begin(out: Out) -> Self {
        Self { out, spinner: Spinner::begin(out, "looking"), last: String::new() }
    }

    pub(super) fn tell(&mut self, words: String) {
        if words == self.last {
            return;
        }
        if !self.spinner.say(&words) {
            self.out.note(&words);
        }
        self.last = words;
    }
}

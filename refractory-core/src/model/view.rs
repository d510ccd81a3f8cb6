//! How an instance reads to a person. Computed, never stored.
use super::{Attempt, Instance, Power, Record, Step};
use crate::ports::{Endpoint, Progress};

/// Where an instance is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Nothing runs.
    Off,
    /// On its way up, at this step.
    Starting(Step),
    /// Players can join, here.
    On(Endpoint),
    /// On its way down, at this step.
    Stopping(Step),
}

/// Whether people need to worry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Nothing is wrong.
    Fine,
    /// Failing, and will be tried again.
    Retrying,
    /// Given up until the wish changes or is made again.
    NeedsAttention,
}

impl Instance {
    /// Where it is on its way.
    pub fn phase(&self) -> Phase {
        match self.effective_power() {
            Power::On => rising(self),
            Power::Off => falling(self, |step| !step.outlives_off()),
            Power::Gone => falling(self, |_| true),
        }
    }

    /// Whether people need to worry.
    pub fn health(&self) -> Health {
        match self.live_fault() {
            Some(fault) if fault.terminal => Health::NeedsAttention,
            Some(_) => Health::Retrying,
            None => Health::Fine,
        }
    }

    /// What the step in hand last told.
    pub fn progress(&self) -> Option<&Progress> {
        self.journal.iter().find_map(|(_, record)| match record {
            Record::Intended(Attempt { progress, .. }) => progress.as_ref(),
            Record::Held(_) | Record::Lost => None,
        })
    }
}

fn rising(instance: &Instance) -> Phase {
    let missing = Step::ALL.into_iter().find(|step| instance.journal.held(*step).is_none());
    match (missing, instance.endpoint()) {
        (None, Some(endpoint)) => Phase::On(endpoint.clone()),
        (Some(step), _) => Phase::Starting(step),
        (None, None) => Phase::Starting(Step::Runtime),
    }
}

fn falling(instance: &Instance, must_go: impl Fn(Step) -> bool) -> Phase {
    let last = instance.journal.iter().rev().map(|(step, _)| *step).find(|step| must_go(*step));
    last.map_or(Phase::Off, Phase::Stopping)
}

//! What to do next. Pure: no clock, no network, no store.
use crate::Timestamp;
use crate::model::{Held, Instance, Power, Record, Step};

/// The next thing to do for one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Write down that this step is about to be tried.
    Intend(Step),
    /// Make what the step needs exist.
    Ensure(Step),
    /// Make it not exist.
    Remove(Step),
    /// All is as wished; look whether it still is.
    Probe,
    /// Do nothing before this moment.
    Wait(Timestamp),
    /// Do nothing until the wish changes.
    Rest,
    /// Nothing is left; delete the row.
    Forget,
}

/// Decides the next thing to do. Total and deterministic.
pub fn decide(instance: &Instance, now: Timestamp) -> Decision {
    if let Some(fault) = instance.live_fault()
        && fault.retry_at > now
    {
        return Decision::Wait(fault.retry_at);
    }
    match instance.effective_power() {
        Power::On => up(instance),
        Power::Off => down(instance, |step| !step.outlives_off()).unwrap_or(Decision::Rest),
        Power::Gone => down(instance, |_| true).unwrap_or(Decision::Forget),
    }
}

fn up(instance: &Instance) -> Decision {
    if instance.journal.iter().any(|(_, record)| *record == Record::Lost) {
        return down(instance, |_| true).unwrap_or(Decision::Rest);
    }
    if renamed(instance) {
        return Decision::Remove(Step::Name);
    }
    for step in Step::ALL {
        match instance.journal.get(step) {
            None => return Decision::Intend(step),
            Some(Record::Intended(_)) => return Decision::Ensure(step),
            Some(Record::Held(_) | Record::Lost) => {}
        }
    }
    Decision::Probe
}

fn down(instance: &Instance, must_go: impl Fn(Step) -> bool) -> Option<Decision> {
    let last = instance.journal.iter().rev().map(|(step, _)| *step).find(|step| must_go(*step));
    last.map(Decision::Remove)
}

/// Whether the name that is held is not the name that is wished for.
fn renamed(instance: &Instance) -> bool {
    match instance.journal.held(Step::Name) {
        Some(Held::Name(name)) => name.label() != instance.slug.as_str(),
        _ => false,
    }
}

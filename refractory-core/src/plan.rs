//! What to do next. Pure: no clock, no network, no store.
mod operation;

pub use operation::{OperationDecision, OperationWaits, decide_operation};

use std::time::Duration;

use crate::model::{Held, Instance, LicenseChoice, Power, Record, Step};

/// The next thing to do for one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Write down that this step is about to be tried.
    Intend(Step),
    /// Make what the step needs exist.
    Ensure(Step),
    /// Make it not exist.
    Remove(Step),
    /// All is as desired; look whether it still is.
    Probe,
    /// Do nothing for so long.
    Wait(Duration),
    /// Do nothing until the desired state changes.
    Rest,
    /// Nothing is left; delete the row.
    Forget,
}

/// Decides the next thing to do, where the last fault has still to be waited for so long. Total and deterministic.
pub fn decide(instance: &Instance, fault_waits: Duration) -> Decision {
    if instance.live_fault().is_some() && !fault_waits.is_zero() {
        return Decision::Wait(fault_waits);
    }
    match instance.effective_power() {
        Power::On if instance.hold.is_some() => held(instance, |step| step >= Step::Runtime),
        Power::On => up(instance),
        Power::Off => held(instance, |step| !step.outlives_off()),
        // Its data goes once no operation works on it any more.
        Power::Gone if instance.hold.is_some() => {
            down(instance, |step| !step.outlives_off()).unwrap_or(Decision::Rest)
        }
        Power::Gone => down(instance, |_| true).unwrap_or(Decision::Forget),
    }
}

/// The way of an instance that stays down: it may need a volume all the same, for data to be put on.
fn held(instance: &Instance, must_go: impl Fn(Step) -> bool) -> Decision {
    down(instance, must_go).or_else(|| prepare(instance)).unwrap_or(Decision::Rest)
}

fn prepare(instance: &Instance) -> Option<Decision> {
    let needed = instance.hold.as_ref().is_some_and(crate::model::Hold::needs_volume);
    if !needed || instance.live_fault().is_some_and(|fault| fault.terminal) {
        return None;
    }
    match instance.journal.get(Step::Volume) {
        None | Some(Record::Lost) => Some(Decision::Intend(Step::Volume)),
        Some(Record::Intended(_)) => Some(Decision::Ensure(Step::Volume)),
        Some(Record::Held(_)) => None,
    }
}

fn up(instance: &Instance) -> Decision {
    if let Some(decision) = repair(instance) {
        return decision;
    }
    for step in Step::ALL {
        match instance.journal.get(step) {
            None | Some(Record::Lost) => return Decision::Intend(step),
            Some(Record::Intended(_)) => return Decision::Ensure(step),
            Some(Record::Held(_)) => {}
        }
    }
    Decision::Probe
}

/// What has to go before the way up can go on. Data is never among it: a volume goes with its instance only.
fn repair(instance: &Instance) -> Option<Decision> {
    let lost = |(step, record): (&Step, &Record)| *record == Record::Lost && !step.outlives_off();
    if instance.is_half_gone() || instance.journal.iter().any(lost) {
        return down(instance, |step| !step.outlives_off());
    }
    if instance.is_replacing_launch() {
        return down(instance, |step| step >= Step::Runtime);
    }
    if renamed(instance) {
        return Some(Decision::Remove(Step::Name));
    }
    unsuited(instance).then_some(Decision::Remove(Step::License))
}

fn down(instance: &Instance, must_go: impl Fn(Step) -> bool) -> Option<Decision> {
    let last = instance.journal.iter().rev().map(|(step, _)| *step).find(|step| must_go(*step));
    last.map(Decision::Remove)
}

/// Whether the name that is held, or may be, is not the desired name.
fn renamed(instance: &Instance) -> bool {
    let name = match instance.journal.get(Step::Name) {
        Some(Record::Held(Held::Name(name))) => Some(name),
        Some(Record::Intended(attempt)) => attempt.name.as_ref(),
        Some(Record::Held(_) | Record::Lost) | None => None,
    };
    name.is_some_and(|name| name.label() != instance.slug.as_str())
}

/// Whether a launch is ahead and the license that is held is not the one it should run on.
fn unsuited(instance: &Instance) -> bool {
    let launched = instance.journal.get(Step::Runtime).is_some();
    let Some(Held::License(held)) = instance.journal.held(Step::License) else { return false };
    let suits = match (held, &instance.desired.spec.license) {
        (None, LicenseChoice::NotNeeded) | (Some(_), LicenseChoice::Any) => true,
        (Some((held, _)), LicenseChoice::Only(wished)) => held == wished,
        (None, _) | (Some(_), LicenseChoice::NotNeeded) => false,
    };
    !launched && !suits
}

#[cfg(test)]
mod tests;

//! What to do next for an operation. Pure: no clock, no network, no store.
use std::time::Duration;

use crate::model::{Instance, Operation, OperationOutcome, OperationStep, Power};

/// The next thing to do for one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationDecision {
    /// Write down that this step is about to be tried.
    Intend(OperationStep),
    /// Do the step.
    Run(OperationStep),
    /// Take the step back.
    Undo(OperationStep),
    /// Do nothing for so long.
    Wait(Duration),
    /// Write down what it came to.
    Finish(OperationOutcome),
    /// Nothing is left to do.
    Rest,
}

/// What still has to be waited for, measured by the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OperationWaits {
    /// Until the next attempt after the last failure.
    pub fault: Duration,
    /// Until no call that was never answered can have an effect any more.
    pub in_flight: Duration,
}

/// Decides the next thing to do for `operation` on `subject`; none where that is gone. Total and deterministic.
pub fn decide_operation(
    operation: &Operation,
    subject: Option<&Instance>,
    waits: OperationWaits,
) -> OperationDecision {
    if operation.end.is_some() {
        return OperationDecision::Rest;
    }
    if !waits.fault.is_zero() {
        return OperationDecision::Wait(waits.fault);
    }
    match outcome(operation, subject) {
        Some(outcome) => wind_up(operation, outcome, waits.in_flight),
        None => go_on(operation),
    }
}

/// What `operation` has come to, if it is not to go on.
fn outcome(operation: &Operation, subject: Option<&Instance>) -> Option<OperationOutcome> {
    if let Some(failure) = operation.failed.clone() {
        return Some(OperationOutcome::Failed(failure));
    }
    if operation.step().is_none() {
        return Some(OperationOutcome::Succeeded);
    }
    if operation.is_ending() {
        return Some(OperationOutcome::Canceled);
    }
    is_moot(operation, subject).then_some(OperationOutcome::Superseded)
}

/// Whether the instance that it is for is gone, or goes. Data that is half replaced is replaced first; a key goes with its place.
fn is_moot(operation: &Operation, subject: Option<&Instance>) -> bool {
    if !operation.kind.needs_instance() {
        return false;
    }
    match subject {
        None => true,
        Some(row) if row.desired.power == Power::Gone => {
            !operation.journal.stands(OperationStep::Restore)
        }
        Some(_) => false,
    }
}

fn go_on(operation: &Operation) -> OperationDecision {
    match operation.step() {
        Some(step) if operation.journal.stands(step) => OperationDecision::Run(step),
        Some(step) => OperationDecision::Intend(step),
        None => OperationDecision::Finish(OperationOutcome::Succeeded),
    }
}

/// Takes back what does not outlive the operation, last first, once nothing of it is in flight any more.
fn wind_up(
    operation: &Operation,
    outcome: OperationOutcome,
    in_flight: Duration,
) -> OperationDecision {
    let succeeded = outcome == OperationOutcome::Succeeded;
    let goes = |step: &OperationStep| match step {
        OperationStep::Hold => true,
        OperationStep::Copy => !succeeded,
        OperationStep::Restore
        | OperationStep::Verify
        | OperationStep::Remove
        | OperationStep::Rotate => false,
    };
    let stands = operation.journal.iter().rev().map(|(step, _)| *step);
    let last = stands.filter(|step| operation.journal.stands(*step)).find(goes);
    match last {
        Some(_) if !in_flight.is_zero() => OperationDecision::Wait(in_flight),
        Some(step) => OperationDecision::Undo(step),
        None => OperationDecision::Finish(outcome),
    }
}

#[cfg(test)]
mod tests;

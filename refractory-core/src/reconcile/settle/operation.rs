//! What an attempt at a step of an operation means. Pure, as for instances.
use std::time::Duration;

use super::Terms;
use crate::model::{
    Attempt, Operation, OperationFailure, OperationFault, OperationStep, StepRecord,
};
use crate::plan::OperationWaits;
use crate::ports::{Observed, Progress};
use crate::{Error, ErrorKind, Result};

impl Terms<'_> {
    /// What still has to be waited for before `operation` goes on.
    pub(crate) fn waits_of(self, operation: &Operation) -> OperationWaits {
        let longest = self.options.backoff_cap;
        let fault = operation.fault.as_ref().map_or(Duration::ZERO, |fault| {
            fault.wait.min(longest).saturating_sub(self.ages.since(fault.met))
        });
        // What another worker had begun may have left a call in the air that nobody wrote down.
        let mut unanswered = operation.unanswered;
        for (_, record) in &operation.journal {
            if let StepRecord::Intended(attempt) = record {
                self.inherit(&mut unanswered, attempt.since);
            }
        }
        OperationWaits { fault, in_flight: self.in_flight(unanswered) }
    }

    /// Writes down what came of doing `step`; says how long until the next step. `Ready` carries the bytes of a snapshot.
    pub(crate) fn ran(
        self,
        operation: &mut Operation,
        step: OperationStep,
        answer: Result<Observed<Option<u64>>>,
    ) -> Duration {
        let attempt = match operation.journal.get(step) {
            Some(StepRecord::Intended(attempt)) => attempt.clone(),
            Some(StepRecord::Done(_) | StepRecord::Undone(_)) | None => Attempt::begun(self.now),
        };
        self.inherit(&mut operation.unanswered, attempt.since);
        match answer {
            Ok(Observed::Ready(size)) => self.done(operation, step, size),
            Ok(Observed::Absent) => self.absent(operation, step),
            Ok(Observed::Pending(progress)) => self.goes_on(operation, step, attempt, progress),
            Ok(Observed::Broken(reason)) => {
                let error = Error::new(kind_of_broken(step), "carrying an operation out");
                give_up(operation, &error.advise(reason.0))
            }
            Err(error) => {
                operation.unanswered = Some(self.now);
                self.step_failed(operation, step, &error)
            }
        }
    }

    /// Writes down what came of taking `step` back; that is tried for ever.
    pub(crate) fn took_back(
        self,
        operation: &mut Operation,
        step: OperationStep,
        answer: Result<Observed<()>>,
    ) -> Duration {
        match answer {
            Ok(Observed::Absent) => {
                operation.journal.note(step, StepRecord::Undone(self.now));
                operation.fault = None;
                Duration::ZERO
            }
            Ok(Observed::Pending(_)) => self.options.poll,
            Ok(Observed::Ready(()) | Observed::Broken(_)) => {
                let error = Error::new(ErrorKind::Unexpected, "taking a step back");
                self.wait_for(operation, step, &error.about("step", step.name()))
            }
            Err(error) => {
                operation.unanswered = Some(self.now);
                self.wait_for(operation, step, &error)
            }
        }
    }

    fn done(self, operation: &mut Operation, step: OperationStep, size: Option<u64>) -> Duration {
        operation.journal.note(step, StepRecord::Done(self.now));
        operation.size = size.or(operation.size);
        operation.fault = None;
        Duration::ZERO
    }

    fn absent(self, operation: &mut Operation, step: OperationStep) -> Duration {
        match step {
            OperationStep::Remove | OperationStep::Rotate => self.done(operation, step, None),
            OperationStep::Verify => {
                let error = Error::new(ErrorKind::NotFound, "reading a backup back").advise(
                    "This backup is missing from the storage. Delete it and create another one.",
                );
                give_up(operation, &error)
            }
            OperationStep::Hold | OperationStep::Copy | OperationStep::Restore => {
                let error = Error::new(ErrorKind::Unavailable, "carrying an operation out");
                let error = error.advise("The table's data disappeared in the meantime.");
                self.step_failed(operation, step, &error)
            }
        }
    }

    fn goes_on(
        self,
        operation: &mut Operation,
        step: OperationStep,
        mut attempt: Attempt,
        progress: Option<Progress>,
    ) -> Duration {
        let waited = self.ages.watched(attempt.since);
        if step == OperationStep::Hold && waited > self.options.stall + self.options.close_within {
            let minutes = waited.as_secs() / 60;
            let message = format!(
                "The table could not be stopped within {minutes} minutes. Stop it, see its log if it does not go off, then try again."
            );
            let error = Error::new(ErrorKind::Unavailable, "holding a table");
            return give_up(operation, &error.advise(message));
        }
        self.note_progress(&mut attempt, progress);
        operation.journal.note(step, StepRecord::Intended(attempt));
        self.poll_after(waited)
    }

    /// A step failed. What only makes or reads something is given up when it fails too often; what removes is tried for ever.
    fn step_failed(
        self,
        operation: &mut Operation,
        step: OperationStep,
        error: &Error,
    ) -> Duration {
        let attempts = failures(operation, step) + 1;
        let persists = matches!(step, OperationStep::Remove | OperationStep::Rotate);
        let too_often = attempts >= self.options.give_up_after && !persists;
        if error.is_transient() && !too_often {
            return self.wait_for(operation, step, error);
        }
        give_up(operation, error)
    }

    fn wait_for(self, operation: &mut Operation, step: OperationStep, error: &Error) -> Duration {
        let attempts = failures(operation, step).saturating_add(1);
        let wait = self.wait_after(attempts, error);
        operation.fault = Some(OperationFault {
            step,
            failure: OperationFailure::from(error),
            attempts,
            met: self.now,
            wait,
        });
        wait
    }
}

fn failures(operation: &Operation, step: OperationStep) -> u32 {
    let same = operation.fault.as_ref().filter(|fault| fault.step == step);
    same.map_or(0, |fault| fault.attempts)
}

fn give_up(operation: &mut Operation, error: &Error) -> Duration {
    operation.failed = Some(OperationFailure::from(error));
    operation.fault = None;
    Duration::ZERO
}

/// What a thing that will never be ready means.
fn kind_of_broken(step: OperationStep) -> ErrorKind {
    match step {
        OperationStep::Verify | OperationStep::Restore => ErrorKind::Damaged,
        OperationStep::Hold
        | OperationStep::Copy
        | OperationStep::Remove
        | OperationStep::Rotate => ErrorKind::Conflict,
    }
}

#[cfg(test)]
mod tests;

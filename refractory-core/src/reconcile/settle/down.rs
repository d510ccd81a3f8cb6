//! What an attempt to undo a step means.
use std::time::Duration;

use super::Terms;
use crate::model::{Attempt, Instance, Record, Step, Teardown};
use crate::ports::{Observed, Progress};
use crate::{Error, ErrorKind, Result};

impl Terms<'_> {
    /// Writes down that `step` is about to go; whether that was news.
    pub(crate) fn begin_undoing(self, instance: &mut Instance, step: Step) -> bool {
        if instance.teardown.as_ref().is_some_and(|teardown| teardown.step == step) {
            return false;
        }
        instance.teardown = Some(Teardown { step, since: self.now, failures: 0 });
        true
    }

    /// Whether closing the world has been tried for long enough: then the program is stopped with it open.
    pub(crate) fn out_of_patience(self, instance: &Instance) -> bool {
        let Some(teardown) = instance.teardown.as_ref().filter(|it| it.step == Step::World) else {
            return false;
        };
        let waited = self.ages.watched(teardown.since);
        if instance.is_migrating() && instance.written_off.is_none() {
            false
        } else if instance.is_urgent() {
            teardown.failures > 0 || waited >= self.options.deadline
        } else {
            waited >= self.options.close_within
        }
    }

    /// Whether a launch that cannot be asked about is gone, because an operator said so and enough time has passed.
    pub(crate) fn is_given_up(self, instance: &Instance) -> bool {
        let said = instance.written_off;
        said.is_some_and(|said| self.ages.known(said) >= self.options.hard_deadline)
    }

    pub(super) fn undone(
        self,
        instance: &mut Instance,
        step: Step,
        undone: Result<Observed<()>>,
    ) -> Duration {
        self.begin_undoing(instance, step);
        let begun = instance.teardown.as_ref().map_or(self.now, |teardown| teardown.since);
        self.inherit(&mut instance.unanswered, begun);
        if let Some(Record::Intended(Attempt { since, .. })) = instance.journal.get(step) {
            let since = *since;
            self.inherit(&mut instance.unanswered, since);
        }
        match undone {
            Ok(Observed::Absent) => self.gone(instance, step),
            Ok(Observed::Pending(progress)) => {
                if step == Step::World {
                    self.closing(instance, progress);
                }
                self.poll_after(self.ages.watched(begun))
            }
            Ok(Observed::Ready(()) | Observed::Broken(_)) => {
                let error =
                    Error::new(ErrorKind::Unexpected, "undoing a step").about("step", step.name());
                self.fail_undoing(instance, step, &error)
            }
            Err(error) => {
                instance.unanswered = Some(self.now);
                self.fail_undoing(instance, step, &error)
            }
        }
    }

    fn gone(self, instance: &mut Instance, step: Step) -> Duration {
        let left = self.still_in_flight(instance, step);
        if !left.is_zero() {
            return left;
        }
        instance.journal.clear(step);
        instance.teardown = None;
        if step == Step::Runtime {
            instance.written_off = None;
        }
        forget_fault_of_undoing(instance);
        Duration::ZERO
    }

    /// How long a call made before now may still have its effect: `Absent` is believed only when none can land after it.
    fn still_in_flight(self, instance: &Instance, step: Step) -> Duration {
        // A launch that was seen is not revived by a late call: the contract of the runtime says so.
        let seen = matches!(instance.journal.get(step), Some(Record::Held(_) | Record::Lost));
        if seen && step == Step::Runtime {
            Duration::ZERO
        } else {
            self.in_flight(instance.unanswered)
        }
    }

    /// Keeps in mind what the game told while it was to close its world: a migration is waited out.
    fn closing(self, instance: &mut Instance, progress: Option<Progress>) {
        let protected = progress.as_ref().is_some_and(|progress| progress.uninterruptible);
        let mut attempt = match instance.journal.get(Step::World) {
            Some(Record::Intended(attempt)) => attempt.clone(),
            Some(Record::Held(_) | Record::Lost) if protected => Attempt::begun(self.now),
            Some(Record::Held(_) | Record::Lost) | None => return,
        };
        attempt.progress = progress;
        instance.journal.intend(Step::World, attempt);
        if let Some(teardown) = instance.teardown.as_mut().filter(|_| protected) {
            teardown.since = self.now;
        }
    }
}

/// Trouble with undoing is over once it is undone; why a start failed stays to be counted and read.
fn forget_fault_of_undoing(instance: &mut Instance) {
    let on = instance.is_desired_on();
    if instance.fault.as_ref().is_some_and(|fault| !fault.terminal && (!on || fault.attempts == 0))
    {
        instance.fault = None;
    }
}

//! What an attempt to make a step means.
use std::time::Duration;

use super::{Terms, broken};
use crate::model::{Attempt, Held, Instance, Record, Step};
use crate::ports::{Observed, Progress, Reason};
use crate::{Code, Error, ErrorKind, Remedy, Result};

impl Terms<'_> {
    pub(super) fn made(
        self,
        instance: &mut Instance,
        step: Step,
        made: Result<Observed<Held>>,
    ) -> Duration {
        let attempt = match instance.journal.get(step) {
            Some(Record::Intended(attempt)) => attempt.clone(),
            Some(Record::Held(_) | Record::Lost) | None => Attempt::begun(self.now),
        };
        self.inherit(&mut instance.unanswered, attempt.since);
        instance.journal.intend(step, attempt.clone());
        match made {
            Ok(Observed::Ready(held)) => self.hold(instance, step, held),
            Ok(Observed::Pending(progress)) => self.pend(instance, step, attempt, progress),
            Ok(Observed::Broken(reason)) => {
                lose(instance, step);
                self.fail(instance, step, &broken(&reason))
            }
            Ok(Observed::Absent) => {
                lose(instance, step);
                let reason = Reason("It disappeared while it was being created.".into());
                self.fail(instance, step, &broken(&reason))
            }
            Err(error) => {
                instance.unanswered = Some(self.now);
                self.fail(instance, step, &error)
            }
        }
    }

    fn hold(self, instance: &mut Instance, step: Step, held: Held) -> Duration {
        instance.journal.hold(step, held);
        if step == Step::License {
            if instance.started.is_some() {
                instance.started = Some(self.now);
            }
            self.look_again(instance);
        }
        if Step::ALL.into_iter().all(|step| instance.journal.held(step).is_some()) {
            (instance.fault, instance.suspected_failure, instance.teardown) = (None, None, None);
        }
        Duration::ZERO
    }

    /// A start begins with its license. What uploads need is made sure of anew by each: the configuration may say otherwise
    /// than when it was made, and whoever went round us may have taken some of it away.
    fn look_again(self, instance: &mut Instance) {
        if instance.journal.held(Step::Assets).is_some() {
            instance.journal.intend(Step::Assets, Attempt::begun(self.now));
        }
    }

    fn pend(
        self,
        instance: &mut Instance,
        step: Step,
        mut attempt: Attempt,
        progress: Option<Progress>,
    ) -> Duration {
        let protected = progress.as_ref().is_some_and(|progress| progress.uninterruptible);
        self.note_progress(&mut attempt, progress);
        // A time in which nobody asked is no silence.
        let silent = self.ages.watched(attempt.moved);
        let wait = self.poll_after(self.ages.watched(attempt.since));
        instance.journal.intend(step, attempt);
        // A license may be waited for as long as people like; a migration must never be broken off.
        if step == Step::License || protected || silent < self.options.stall {
            return wait;
        }
        lose(instance, step);
        let error = Error::new(ErrorKind::Unavailable, "waiting for progress")
            .coded(Code::STALLED)
            .about("minutes", silent.as_secs() / 60)
            .helped_by(Remedy::ReadLog);
        self.fail(instance, step, &error)
    }
}

/// Only what can be made afresh is lost: a lease, data and a name are asked for again as they are.
fn lose(instance: &mut Instance, step: Step) {
    if step == Step::Runtime || step == Step::World {
        instance.journal.lose(step);
    }
}

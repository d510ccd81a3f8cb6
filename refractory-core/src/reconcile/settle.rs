//! What one outcome means for the journal. Pure: no clock, no network, no store.
mod down;
mod fault;
mod look;
mod operation;
mod up;

use std::time::Duration;

use super::WorkerOptions;
use super::ages::Ages;
use crate::model::{Attempt, Held, Instance, Step};
use crate::plan::Decision;
use crate::ports::{Endpoint, GameStatus, Observed, Progress, Reason};
use crate::{Error, ErrorKind, Result, Timestamp};

/// What came of carrying a decision out.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A step was to be made.
    Made(Result<Observed<Held>>),
    /// A step was to be undone.
    Undone(Result<Observed<()>>),
    /// The program was found dead while something else was to be made in it.
    Dead(Reason),
    /// A running instance was looked at.
    Looked(Result<Observed<Endpoint>>, Option<Result<Observed<GameStatus>>>),
}

/// The terms one call was made on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    /// When the call was made.
    pub now: Timestamp,
    /// How old what the row tells was then.
    pub ages: &'a Ages,
    /// The options of the worker.
    pub options: &'a WorkerOptions,
}

impl<'a> Terms<'a> {
    /// The terms of a call that is made on a row of these ages.
    pub(crate) fn new(ages: &'a Ages, options: &'a WorkerOptions) -> Self {
        Self { now: ages.now, ages, options }
    }

    /// Writes the outcome down; says how long until the next step.
    pub(crate) fn settle(
        self,
        instance: &mut Instance,
        decision: Decision,
        outcome: Outcome,
    ) -> Duration {
        match (decision, outcome) {
            (Decision::Ensure(step), Outcome::Made(made)) => self.made(instance, step, made),
            (Decision::Ensure(_), Outcome::Dead(reason)) => {
                instance.journal.lose(Step::Runtime);
                self.fail(instance, Step::Runtime, &broken(&reason))
            }
            (Decision::Remove(step), Outcome::Undone(undone)) => {
                self.undone(instance, step, undone)
            }
            (Decision::Probe, Outcome::Looked(runtime, game)) => {
                self.looked(instance, runtime, game)
            }
            (
                Decision::Ensure(_)
                | Decision::Remove(_)
                | Decision::Probe
                | Decision::Intend(_)
                | Decision::Wait(_)
                | Decision::Rest
                | Decision::Forget,
                _,
            ) => Duration::ZERO,
        }
    }

    /// Writes down that a start failed before any call was made.
    pub(crate) fn refuse(self, instance: &mut Instance, step: Step, error: &Error) -> Duration {
        self.fail(instance, step, error)
    }

    /// Takes over what was `begun` before this worker could know of it: a call of then may be in the air yet.
    fn inherit(self, unanswered: &mut Option<Timestamp>, begun: Timestamp) {
        if self.ages.is_inherited(begun) {
            *unanswered = Some(self.ages.later(*unanswered, self.ages.born));
        }
    }

    /// How long the last call that was not answered may still have its effect.
    fn in_flight(self, unanswered: Option<Timestamp>) -> Duration {
        unanswered
            .map_or(Duration::ZERO, |at| self.options.deadline.saturating_sub(self.ages.known(at)))
    }

    /// Writes down how far an attempt is, and when that was news.
    fn note_progress(self, attempt: &mut Attempt, progress: Option<Progress>) {
        if progress != attempt.progress {
            attempt.progress = progress;
            attempt.moved = self.now;
        }
    }

    /// Asks often at first and seldom later.
    fn poll_after(self, waited: Duration) -> Duration {
        (waited / 10).clamp(self.options.poll, self.options.poll * 20)
    }
}

fn broken(reason: &Reason) -> Error {
    Error::new(ErrorKind::Unavailable, "starting").advise(reason.0.clone())
}

#[cfg(test)]
mod tests;

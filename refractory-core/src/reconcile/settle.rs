//! What one outcome means for the journal. Pure: no clock, no network, no store.
use std::time::Duration;

use super::Patience;
use crate::model::{Attempt, Doubt, Fault, Held, Instance, Record, Seen, Step, WorldId};
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
    /// When this worker was born: a predecessor may have died in the middle of a call it never recorded.
    pub born: Timestamp,
    /// How patient the worker is.
    pub patience: &'a Patience,
}

impl Terms<'_> {
    /// Writes the outcome down; says how long until the next step.
    pub(crate) fn settle(
        self,
        instance: &mut Instance,
        decision: Decision,
        outcome: Outcome,
    ) -> Duration {
        match (decision, outcome) {
            (Decision::Ensure(step), Outcome::Made(made)) => self.made(instance, step, made),
            (Decision::Ensure(step), Outcome::Dead(reason)) => {
                instance.journal.lose(Step::Runtime);
                self.fail(instance, step, &broken(&reason), true)
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
        self.fail(instance, step, error, true)
    }

    fn made(self, instance: &mut Instance, step: Step, made: Result<Observed<Held>>) -> Duration {
        let attempt = self.tried(instance, step);
        instance.journal.intend(step, attempt.clone());
        match made {
            Ok(Observed::Ready(held)) => hold(instance, step, held),
            Ok(Observed::Pending(progress)) => self.pend(instance, step, attempt, progress),
            Ok(Observed::Broken(reason)) => {
                instance.journal.lose(step);
                self.fail(instance, step, &broken(&reason), true)
            }
            Ok(Observed::Absent) => {
                instance.journal.lose(step);
                self.fail(
                    instance,
                    step,
                    &broken(&Reason("It went away while it was made.".into())),
                    true,
                )
            }
            Err(error) => self.fail(instance, step, &error, true),
        }
    }

    /// The attempt in hand, tried once more now.
    fn tried(self, instance: &Instance, step: Step) -> Attempt {
        match instance.journal.get(step) {
            Some(Record::Intended(attempt)) => Attempt { tried: self.now, ..attempt.clone() },
            Some(Record::Held(_) | Record::Lost) | None => Attempt::begun(self.now),
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
        if progress != attempt.progress {
            attempt.progress = progress;
            attempt.moved = self.now;
        }
        let silent = self.now.since(attempt.moved);
        let wait = self.poll_after(self.now.since(attempt.since));
        instance.journal.intend(step, attempt);
        // A licence may be waited for as long as people like; a migration must never be broken off.
        if step == Step::License || protected || silent < self.patience.stall {
            return wait;
        }
        if step == Step::Runtime || step == Step::World {
            instance.journal.lose(step);
        }
        let stalled = format!(
            "Nothing has moved for {} minutes. The log of the table may say why.",
            silent.as_secs() / 60
        );
        self.fail(
            instance,
            step,
            &Error::new(ErrorKind::Unavailable, "waiting for progress").advise(stalled),
            true,
        )
    }

    /// Asks often at first and seldom later.
    fn poll_after(self, waited: Duration) -> Duration {
        (waited / 10).clamp(self.patience.poll, self.patience.poll * 20)
    }

    fn undone(self, instance: &mut Instance, step: Step, undone: Result<Observed<()>>) -> Duration {
        match undone {
            Ok(Observed::Absent) => {
                let left = self.still_in_flight(instance.journal.get(step));
                if left.is_zero() {
                    instance.journal.clear(step);
                    forget_fault_of_undoing(instance, step);
                }
                left
            }
            Ok(Observed::Pending(_)) => self.patience.poll,
            Ok(Observed::Ready(()) | Observed::Broken(_)) => {
                let error =
                    Error::new(ErrorKind::Unexpected, "undoing a step").about("step", step.name());
                self.fail(instance, step, &error, false)
            }
            Err(error) => self.fail(instance, step, &error, false),
        }
    }

    /// How long a call made before now may still have its effect: `Absent` is believed of something
    /// never seen only when no call can land after it.
    fn still_in_flight(self, record: Option<&Record>) -> Duration {
        match record {
            Some(Record::Intended(attempt)) => {
                attempt.tried.max(self.born).after(self.patience.deadline).since(self.now)
            }
            Some(Record::Held(_) | Record::Lost) | None => Duration::ZERO,
        }
    }

    fn looked(
        self,
        instance: &mut Instance,
        runtime: Result<Observed<Endpoint>>,
        game: Option<Result<Observed<GameStatus>>>,
    ) -> Duration {
        match runtime {
            Ok(Observed::Absent) => self.doubt(instance, Step::Runtime, "The program has ended."),
            Ok(Observed::Broken(reason)) => self.doubt(instance, Step::Runtime, &reason.0),
            Ok(Observed::Ready(endpoint)) if Some(&endpoint) != instance.endpoint() => self.doubt(
                instance,
                Step::Runtime,
                "The program listens somewhere else than it did.",
            ),
            Ok(Observed::Ready(_)) => self.looked_at_game(instance, game),
            // Not being able to ask says nothing about what runs.
            Ok(Observed::Pending(_)) | Err(_) => self.patience.probe,
        }
    }

    fn looked_at_game(
        self,
        instance: &mut Instance,
        game: Option<Result<Observed<GameStatus>>>,
    ) -> Duration {
        match game {
            Some(Ok(Observed::Ready(status)))
                if open_world(instance)
                    .is_none_or(|world| status.world.as_ref() == Some(world)) =>
            {
                instance.doubt = None;
                self.see(instance, &status);
                self.patience.probe
            }
            Some(Ok(Observed::Ready(_))) => {
                self.doubt(instance, Step::World, "The world was closed.")
            }
            Some(Ok(Observed::Broken(reason))) => self.doubt(instance, Step::World, &reason.0),
            Some(Ok(Observed::Absent | Observed::Pending(_)) | Err(_)) | None => {
                self.patience.probe
            }
        }
    }

    fn see(self, instance: &mut Instance, status: &GameStatus) {
        let same = instance
            .seen
            .as_ref()
            .is_some_and(|seen| seen.players == status.players && seen.version == status.version);
        if !same {
            instance.seen =
                Some(Seen { players: status.players, version: status.version, at: self.now });
        }
    }

    /// One odd reading is a reading; a second one, later, is believed.
    fn doubt(self, instance: &mut Instance, step: Step, reason: &str) -> Duration {
        let Some(doubt) = &instance.doubt else {
            instance.doubt = Some(Doubt { since: self.now, reason: reason.to_owned() });
            return self.patience.probe_gap;
        };
        let left = doubt.since.after(self.patience.probe_gap).since(self.now);
        if !left.is_zero() {
            return left;
        }
        instance.doubt = None;
        instance.seen = None;
        instance.journal.lose(step);
        self.count_loss(instance, step, reason)
    }

    /// The loop breaker: the first death is repaired at once, the next ones ever later, too many never.
    fn count_loss(self, instance: &mut Instance, step: Step, reason: &str) -> Duration {
        instance.losses.retain(|at| self.now.since(*at) < self.patience.loss_window);
        instance.losses.push(self.now);
        let deaths = instance.losses.len();
        let terminal = deaths >= self.patience.losses;
        let minutes = self.patience.loss_window.as_secs() / 60;
        let message = if terminal {
            format!(
                "{reason} That is the {deaths}th time in {minutes} minutes, so it stays down. Read its log, then start it again."
            )
        } else {
            format!("{reason} It is started again.")
        };
        let wait = if deaths == 1 || terminal {
            Duration::ZERO
        } else {
            self.patience.after(u32::try_from(deaths).unwrap_or(u32::MAX))
        };
        instance.fault = Some(Fault {
            step,
            kind: ErrorKind::Unavailable,
            message,
            attempts: 1,
            retry_at: self.now.after(wait),
            terminal,
            generation: instance.generation,
        });
        wait
    }

    fn fail(self, instance: &mut Instance, step: Step, error: &Error, starting: bool) -> Duration {
        let before = instance.live_fault();
        let already = before.is_some_and(|fault| fault.terminal);
        let attempts = before.map_or(0, |fault| fault.attempts) + 1;
        let hopeless = !error.is_transient() || attempts >= self.patience.give_up_after;
        let terminal = already || (starting && hopeless);
        let wait = if terminal && !already {
            Duration::ZERO
        } else {
            error
                .wait_hint()
                .unwrap_or_else(|| self.patience.after(attempts))
                .min(self.patience.backoff_cap)
        };
        let message = match before {
            Some(first) if already => first.message.clone(),
            Some(_) | None => error.for_people().into_owned(),
        };
        instance.fault = Some(Fault {
            step,
            kind: error.kind(),
            message,
            attempts,
            retry_at: self.now.after(wait),
            terminal,
            generation: instance.generation,
        });
        wait
    }
}

fn hold(instance: &mut Instance, step: Step, held: Held) -> Duration {
    instance.journal.hold(step, held);
    if Step::ALL.into_iter().all(|step| instance.journal.held(step).is_some()) {
        instance.fault = None;
        instance.doubt = None;
    }
    Duration::ZERO
}

/// The world that was opened; none where people choose one in Foundry's setup.
fn open_world(instance: &Instance) -> Option<&WorldId> {
    match instance.journal.held(Step::World) {
        Some(Held::World(world)) => world.as_ref(),
        _ => None,
    }
}

fn broken(reason: &Reason) -> Error {
    Error::new(ErrorKind::Unavailable, "starting").advise(reason.0.clone())
}

/// Trouble with undoing is over once it is undone; why a start was given up stays to be read.
fn forget_fault_of_undoing(instance: &mut Instance, step: Step) {
    if instance
        .fault
        .as_ref()
        .is_some_and(|fault| fault.step == step && !fault.terminal && !instance.wish_is_on())
    {
        instance.fault = None;
    }
}

//! What a failure means: when to try again, and when to stop trying.
use std::time::Duration;

use super::Terms;
use crate::model::{Fault, Instance, Step};
use crate::{Cause, Code, Error, ErrorKind, Remedy};

impl Terms<'_> {
    /// A start failed. Too often, or for good, and it is given up.
    pub(super) fn fail(self, instance: &mut Instance, step: Step, error: &Error) -> Duration {
        let attempts = instance.live_fault().map_or(0, |fault| fault.attempts) + 1;
        let terminal = !error.is_transient() || attempts >= self.options.give_up_after;
        let wait = if terminal { Duration::ZERO } else { self.wait_after(attempts, error) };
        instance.fault = Some(Fault {
            step,
            kind: error.kind(),
            cause: Some(Cause::from(error)),
            message: error.for_people().into_owned(),
            attempts,
            retry_at: self.now.after(wait),
            wait: Some(wait),
            terminal,
            generation: instance.generation,
        });
        wait
    }

    /// A teardown failed. It is tried for ever, and why a start was given up stays to be read.
    pub(super) fn fail_undoing(
        self,
        instance: &mut Instance,
        step: Step,
        error: &Error,
    ) -> Duration {
        let failures = instance.teardown.as_mut().map_or(1, |teardown| {
            teardown.failures = teardown.failures.saturating_add(1);
            teardown.failures
        });
        let wait = self.wait_after(failures, error);
        let retry_at = self.now.after(wait);
        let on = instance.is_desired_on();
        let fault = match instance.live_fault() {
            Some(why) if why.terminal => Fault { retry_at, wait: Some(wait), ..why.clone() },
            // Only failures of the start itself count towards giving it up.
            before => Fault {
                step,
                kind: error.kind(),
                cause: Some(Cause::from(error)),
                message: error.for_people().into_owned(),
                attempts: if on { before.map_or(0, |fault| fault.attempts) } else { failures },
                retry_at,
                wait: Some(wait),
                terminal: false,
                generation: instance.generation,
            },
        };
        instance.fault = Some(fault);
        wait
    }

    pub(super) fn wait_after(self, failures: u32, error: &Error) -> Duration {
        let own = || self.options.after(failures);
        error.wait_hint().unwrap_or_else(own).min(self.options.backoff_cap)
    }

    /// The loop breaker: the first death is repaired at once, the next ones ever later, too many never.
    pub(super) fn count_loss(self, instance: &mut Instance, step: Step, reason: &str) -> Duration {
        instance.losses.retain(|at| self.ages.since(*at) < self.options.loss_window);
        instance.losses.push(self.now);
        let deaths = instance.losses.len();
        let terminal = deaths >= self.options.losses;
        let minutes = self.options.loss_window.as_secs() / 60;
        let cause = if terminal {
            Cause::new(Code::LOST_TOO_OFTEN)
                .about("deaths", deaths)
                .about("minutes", minutes)
                .helped_by(Remedy::ReadLog)
        } else {
            Cause::new(Code::LOST)
        };
        let cause = cause.about("reason", reason);
        let wait = if deaths == 1 || terminal {
            Duration::ZERO
        } else {
            self.options.after(u32::try_from(deaths).unwrap_or(u32::MAX))
        };
        instance.fault = Some(Fault {
            step,
            kind: ErrorKind::Unavailable,
            message: cause.sentence().unwrap_or_default(),
            cause: Some(cause),
            attempts: 1,
            retry_at: self.now.after(wait),
            wait: Some(wait),
            terminal,
            generation: instance.generation,
        });
        wait
    }
}

//! Having an instance to oneself for a while.
use std::time::Duration;

use super::Worker;
use crate::model::{Claim, Instance};
use crate::plan::Decision;
use crate::ports::Table;
use crate::{ErrorKind, Result, Timestamp};

impl Worker {
    /// How long somebody else has this instance in hand.
    pub(super) fn claimed_by_another(
        &self,
        instance: &Instance,
        now: Timestamp,
    ) -> Option<Duration> {
        let claim =
            instance.claim.as_ref().filter(|claim| claim.worker != self.id && !self.sole)?;
        let left = claim.until.since(now);
        (!left.is_zero()).then_some(left)
    }

    /// Takes the instance to itself for longer than any call may take, and writes down what is about to
    /// go; `None` when somebody else was faster.
    pub(super) async fn take(
        &self,
        mut instance: Instance,
        decision: Decision,
        now: Timestamp,
    ) -> Result<Option<Instance>> {
        let begins = matches!(decision, Decision::Remove(step) if self.terms(now).begin_undoing(&mut instance, step));
        if !begins && self.has(&instance, now) {
            return Ok(Some(instance));
        }
        instance.claim = Some(self.fresh_claim(now));
        match Table::of(self.deployment.ports.store.as_ref()).save(&instance).await {
            Ok(saved) => Ok(Some(saved)),
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the claim is this worker's, and outlasts every call of one step.
    fn has(&self, instance: &Instance, now: Timestamp) -> bool {
        let needed = now.after(self.longest_step());
        let own = instance.claim.as_ref().filter(|claim| claim.worker == self.id);
        own.is_some_and(|claim| claim.until >= needed)
    }

    pub(super) fn fresh_claim(&self, now: Timestamp) -> Claim {
        // Never shorter than what it has to cover, or somebody else could take over in the middle of a call.
        let length = self.deployment.patience.claim.max(self.longest_step() * 2);
        Claim { worker: self.id.clone(), until: now.after(length) }
    }

    /// A step looks for strays or at the program, makes its call, and may ask a holder for room.
    fn longest_step(&self) -> Duration {
        self.deployment.patience.deadline * 3
    }
}

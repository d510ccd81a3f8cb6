//! Having an instance to oneself for a while.
use std::time::Duration;

use super::Worker;
use super::age_tracker::Moment;
use super::ages::Ages;
use crate::Result;
use crate::error::unless_raced;
use crate::model::{Claim, Instance};
use crate::plan::Decision;
use crate::ports::{Aggregate, Collection};

impl Worker {
    /// How long another worker has what is claimed in hand.
    ///
    /// Their clock may be another one. So a claim is over once it has been seen for as long as it lasts: whoever lives renews it.
    pub(super) fn claimed_by_another(
        &self,
        claim: Option<&Claim>,
        ages: &Ages,
    ) -> Option<Duration> {
        let claim = claim.filter(|claim| claim.worker != self.id && !self.sole)?;
        let lasts = claim.lasts.unwrap_or_else(|| self.claim_length());
        let written = claim.written(self.deployment.options.claim);
        let left = lasts.saturating_sub(ages.known(written));
        (!left.is_zero()).then_some(left)
    }

    /// Takes the instance to itself for longer than any call may take, and writes down what is about to
    /// go; `None` when somebody else was faster.
    pub(super) async fn take(
        &self,
        mut instance: Instance,
        decision: Decision,
        ages: &Ages,
    ) -> Result<Option<Instance>> {
        let begins = matches!(decision, Decision::Remove(step) if self.terms(ages).begin_undoing(&mut instance, step));
        if !begins && self.has_claim(instance.id.as_str(), instance.claim.as_ref()) {
            return Ok(Some(instance));
        }
        instance.claim = Some(self.fresh_claim(instance.id.as_str()));
        self.save_claimed(&instance).await
    }

    /// Saves `record` with the claim that it has; `None` when another worker was faster.
    pub(super) async fn save_claimed<T: Aggregate>(&self, record: &T) -> Result<Option<T>> {
        unless_raced(Collection::of(self.deployment.ports.store.as_ref()).save(record).await)
    }

    /// Whether the claim is this worker's, and outlasts every call of one step.
    pub(super) fn has_claim(&self, on: &str, claim: Option<&Claim>) -> bool {
        let own = claim.filter(|claim| claim.worker == self.id);
        let written = own.and_then(|claim| self.ages.claimed_at(on, claim.until));
        let now = self.deployment.clock.monotonic();
        written.is_some_and(|at| now.since(at) + self.longest_step() <= self.claim_length())
    }

    pub(super) fn fresh_claim(&self, on: &str) -> Claim {
        let (now, lasts) = (Moment::now(&self.deployment.clock), self.claim_length());
        let until = now.date.after(lasts);
        self.ages.claim(on, until, now.at);
        Claim { worker: self.id.clone(), until, lasts: Some(lasts) }
    }

    /// Never shorter than what it has to cover, or somebody else could take over in the middle of a call.
    fn claim_length(&self) -> Duration {
        self.deployment.options.claim.max(self.longest_step() * 2)
    }

    /// A step looks for orphans or at the program, makes its call, and may ask a holder for room.
    fn longest_step(&self) -> Duration {
        self.deployment.options.deadline * 3
    }
}

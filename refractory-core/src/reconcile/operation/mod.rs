//! Carrying operations out: one decision, at most one call, one write, as for instances.
mod act;
mod adopt;
mod finish;
mod history;

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use super::Worker;
use super::ages::Ages;
use crate::model::{Attempt, Instance, Operation, OperationStep, StepRecord};
use crate::plan::{OperationDecision, decide_operation};
use crate::ports::{Change, Collection, Index, Query};
use crate::{ErrorKind, OperationId, Result};

/// The operations that the last look found, and those of the look before, by revision.
#[derive(Debug, Default)]
pub(super) struct Found {
    now: BTreeMap<OperationId, u64>,
    before: BTreeMap<OperationId, u64>,
    /// The revisions that this worker wrote last of what it has in hand.
    own: BTreeMap<OperationId, u64>,
}

/// Active operations that one look takes in. Those beyond are met as soon as earlier ones have ended.
const AT_ONCE: usize = 200;

impl Worker {
    /// Takes exactly one step of one operation; says how long until the next is due.
    ///
    /// # Errors
    ///
    /// As the store has them: what went wrong with a port is written into the record instead.
    pub async fn step_operation(&self, id: &OperationId) -> Result<Duration> {
        let operations = Collection::<Operation>::of(self.deployment.ports.store.as_ref());
        let Some(operation) = operations.load(id.as_str()).await? else {
            self.forget_operation(id);
            return Ok(Duration::MAX);
        };
        let ages = self.ages_of(&operation);
        let wait = self.advance(operation, &ages).await?;
        if wait == Duration::MAX {
            self.forget_operation(id);
        } else {
            self.ages.plan(id.as_str(), wait);
        }
        Ok(wait)
    }

    /// The operations that have not ended, oldest first, with their revisions.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub(super) async fn active_operations(&self) -> Result<Vec<(OperationId, u64)>> {
        let operations = Collection::<Operation>::of(self.deployment.ports.store.as_ref());
        let active = operations.first(Query::index(Index::OperationActive), AT_ONCE).await?;
        Ok(active.into_iter().map(|operation| (operation.id, operation.revision)).collect())
    }

    /// Looks for operations that have not ended. Reads the index of those, and no other record.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub(super) async fn find_operations(&self) -> Result<()> {
        let active = self.active_operations().await?.into_iter().collect();
        self.found().now = active;
        Ok(())
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_operation(&self, id: &OperationId) {
        self.ages.forget(id.as_str());
        self.found().own.remove(id);
    }

    fn note_written(&self, operation: &Operation) {
        self.found().own.insert(operation.id.clone(), operation.revision);
    }

    /// Whether `change` is the last that this worker wrote of an operation in hand: no other writer was there since.
    pub(super) fn wrote_operation(&self, change: &Change) -> bool {
        let own = |id| self.found().own.get(&id).copied();
        change.revision.is_some()
            && OperationId::new(&change.id).ok().and_then(own) == change.revision
    }

    /// What the last look found, and which of it another process has written since the look before.
    pub(super) fn found_operations(&self) -> Vec<(OperationId, bool)> {
        let mut found = self.found();
        let Found { now, before, own } = &*found;
        let is_news = |id, revision| {
            let known = Some(revision);
            before.get(id) != known && own.get(id) != known
        };
        let all = now.iter().map(|(id, revision)| (id.clone(), is_news(id, revision)));
        let all = all.collect();
        found.before = std::mem::take(&mut found.now);
        all
    }

    async fn advance(&self, operation: Operation, ages: &Ages) -> Result<Duration> {
        if let Some(wait) = self.claimed_by_another(operation.claim.as_ref(), ages) {
            self.ages.leave(operation.id.as_str());
            return Ok(wait);
        }
        let subject = self.subject_of(&operation).await?;
        let waits = self.terms(ages).waits_of(&operation);
        match decide_operation(&operation, subject.as_ref(), waits) {
            OperationDecision::Rest => Ok(Duration::MAX),
            OperationDecision::Wait(left) => Ok(left),
            OperationDecision::Intend(step) => self.intend_step(operation, step, ages).await,
            OperationDecision::Run(step) => {
                let Some(operation) = self.take_operation(operation).await? else {
                    return Ok(Duration::ZERO);
                };
                let in_flight = self.in_flight();
                let answer = self.deployment.run_step(&operation, step).await;
                in_flight.land();
                let mut after = operation.clone();
                let wait = self.terms(ages).ran(&mut after, step, answer);
                self.keep_operation(&operation, after, wait).await
            }
            OperationDecision::Undo(step) => {
                let Some(operation) = self.take_operation(operation).await? else {
                    return Ok(Duration::ZERO);
                };
                let in_flight = self.in_flight();
                let answer = self.deployment.undo_step(&operation, step).await;
                in_flight.land();
                let mut after = operation.clone();
                let wait = self.terms(ages).took_back(&mut after, step, answer);
                self.keep_operation(&operation, after, wait).await
            }
            OperationDecision::Finish(outcome) => {
                self.finish_operation(operation, outcome).await.map(|()| Duration::MAX)
            }
        }
    }

    /// The instance that `operation` is for; none where it is gone or needs none. One that cannot be read is an error: what it
    /// says is not known.
    async fn subject_of(&self, operation: &Operation) -> Result<Option<Instance>> {
        if !operation.kind.needs_instance() {
            return Ok(None);
        }
        let instances = Collection::<Instance>::of(self.deployment.ports.store.as_ref());
        instances.load(operation.subject.as_str()).await
    }

    async fn intend_step(
        &self,
        before: Operation,
        step: OperationStep,
        ages: &Ages,
    ) -> Result<Duration> {
        let mut after = before.clone();
        after.journal.note(step, StepRecord::Intended(Attempt::begun(ages.now)));
        after.fault = None;
        self.keep_operation(&before, after, Duration::ZERO).await
    }

    /// Takes the operation to itself for longer than any call may take; `None` when another worker was faster.
    async fn take_operation(&self, mut operation: Operation) -> Result<Option<Operation>> {
        if self.has_claim(operation.id.as_str(), operation.claim.as_ref()) {
            return Ok(Some(operation));
        }
        operation.claim = Some(self.fresh_claim(operation.id.as_str()));
        let saved = self.save_claimed(&operation).await?;
        if let Some(operation) = &saved {
            self.note_written(operation);
        }
        Ok(saved)
    }

    async fn keep_operation(
        &self,
        before: &Operation,
        mut after: Operation,
        wait: Duration,
    ) -> Result<Duration> {
        if after != *before {
            after.claim = Some(self.fresh_claim(after.id.as_str()));
            let operations = Collection::<Operation>::of(self.deployment.ports.store.as_ref());
            match operations.save(&after).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    self.keep_unanswered(before, &after).await?;
                    return Err(error);
                }
                saved => self.note_written(&saved?),
            }
            self.deployment.nudge();
        }
        Ok(wait)
    }

    /// Writes down that a call was not answered, where a user has canceled the operation meanwhile: what is taken back then must
    /// wait for it.
    async fn keep_unanswered(&self, before: &Operation, after: &Operation) -> Result<()> {
        let Some(at) = after.unanswered.filter(|_| after.unanswered != before.unanswered) else {
            return Ok(());
        };
        let operations = Collection::<Operation>::of(self.deployment.ports.store.as_ref());
        let note = |operation: &mut Operation| {
            operation.unanswered = Some(at);
            Ok(operation.is_active())
        };
        operations.update(after.id.as_str(), note).await.map(|_| ())
    }
}

//! One life of a worker: what it knows, what is due, what is in hand.
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::watch;

use super::Worker;
use super::duties::{DutyRunner, OPERATIONS};
use super::lane::Lane;
use super::worker::StepOutcome;
use crate::ports::{ChangeTail, Followed, Follower, Kind};
use crate::{Error, ErrorKind, InstanceId, MonotonicTime, OperationId, Result};

/// One life of a worker.
pub(super) struct Run<'a> {
    worker: &'a Worker,
    instances: Lane<InstanceId, StepOutcome>,
    operations: Lane<OperationId, Duration>,
    duties: DutyRunner<'a>,
    follower: Follower,
    /// Revisions that were written while their instance was in hand.
    written_meanwhile: BTreeMap<InstanceId, u64>,
    /// What is written of operations, by any process, and when that is next asked for.
    requests: ChangeTail,
    next_look: MonotonicTime,
    changes: watch::Receiver<u64>,
    asked: watch::Receiver<u64>,
}

impl<'a> Run<'a> {
    pub(super) fn new(worker: &'a Worker) -> Self {
        let options = &worker.deployment.options;
        Self {
            worker,
            instances: Lane::new(options.concurrency),
            operations: Lane::new(options.operations_at_once),
            duties: DutyRunner::new(worker),
            follower: Follower::new(Kind::Instance),
            written_meanwhile: BTreeMap::new(),
            requests: ChangeTail::new(Kind::Operation),
            next_look: MonotonicTime::default(),
            changes: worker.deployment.nudge.subscribe(),
            asked: worker.deployment.operations_nudge.subscribe(),
        }
    }

    /// Waits until nothing is in hand.
    pub(super) async fn finish(&mut self) {
        self.duties.stop().await;
        self.instances.finish().await;
        self.operations.finish().await;
    }

    /// Looks for changes and hands out what is due.
    pub(super) async fn round(&mut self) {
        let now = self.worker.deployment.clock.monotonic();
        self.worker.ages.tick(now, &self.worker.deployment.options);
        self.look_for_requests(now).await;
        self.duties.begin_due(now);
        match self.follower.poll(self.worker.deployment.ports.store.as_ref()).await {
            Ok(followed) => self.notice(&followed, now),
            Err(error) => {
                tracing::warn!(worker = %self.worker.id, ?error, "changes are looked for again");
            }
        }
        let worker = self.worker;
        self.instances.begin_due(now, |id| {
            let worker = worker.clone();
            async move { worker.take_step(&id).await }
        });
        self.operations.begin_due(now, |id| {
            let worker = worker.clone();
            async move { worker.step_operation(&id).await }
        });
    }

    /// Makes the duty that looks for operations due where another process has written one. Asked at the pace of `resync`, however
    /// many rounds there are: what is asked for in this process needs no look.
    async fn look_for_requests(&mut self, now: MonotonicTime) {
        if now < self.next_look {
            return;
        }
        let deployment = &self.worker.deployment;
        self.next_look = now.after(deployment.options.resync);
        match self.requests.poll(deployment.ports.store.as_ref()).await {
            Ok(Some(news)) if news.iter().all(|change| self.worker.wrote_operation(change)) => {}
            Ok(_) => self.duties.hasten(OPERATIONS),
            Err(error) => {
                tracing::warn!(worker = %self.worker.id, ?error, "operations are looked for again");
            }
        }
    }

    /// Makes whatever changed due now, and forgets what is gone.
    fn notice(&mut self, followed: &Followed, now: MonotonicTime) {
        for (id, revision) in &followed.written {
            let Ok(id) = InstanceId::new(id) else { continue };
            if self.instances.queue.is_in_hand(&id) {
                // This worker may have written it; that is compared once it is put back.
                self.written_meanwhile.insert(id, *revision);
            } else {
                self.instances.queue.push(&id, now);
            }
        }
        for id in followed.gone.iter().filter_map(|id| InstanceId::new(id).ok()) {
            self.note_preemption(&id, false);
            self.written_meanwhile.remove(&id);
            self.instances.queue.forget(&id);
        }
    }

    fn note_preemption(&self, id: &InstanceId, preempted: bool) {
        let mut all = self.worker.preempted.lock().unwrap_or_else(PoisonError::into_inner);
        if preempted {
            all.insert(id.clone());
        } else {
            all.remove(id);
        }
    }

    /// Sleeps until something is due, something changed here, something is done, or the store should be asked again.
    pub(super) async fn rest(&mut self) {
        let deployment = &self.worker.deployment;
        let now = deployment.clock.monotonic();
        let due =
            [self.instances.next_in(now), self.operations.next_in(now), self.duties.next_in(now)];
        let due = due.into_iter().flatten().fold(deployment.options.resync, Duration::min);
        tokio::select! {
            Some(duty) = self.duties.ended() => self.done(duty),
            Some((id, outcome)) = self.instances.ended() => self.put_back(&id, outcome),
            Some((id, wait)) = self.operations.ended() => self.put_operation_back(&id, wait),
            _ = self.asked.changed() => self.duties.hasten(OPERATIONS),
            _ = self.changes.changed() => {}
            () = tokio::time::sleep(due) => {}
        }
        while let Some((id, outcome)) = self.instances.try_ended() {
            self.put_back(&id, outcome);
        }
        while let Some((id, wait)) = self.operations.try_ended() {
            self.put_operation_back(&id, wait);
        }
    }

    fn done(&mut self, duty: &str) {
        if duty == OPERATIONS {
            let now = self.worker.deployment.clock.monotonic();
            for (id, is_news) in self.worker.found_operations() {
                if is_news {
                    self.operations.queue.push(&id, now);
                } else {
                    self.operations.queue.meet(&id, now);
                }
            }
        }
    }

    fn put_back(&mut self, id: &InstanceId, outcome: Result<StepOutcome>) {
        let now = self.worker.deployment.clock.monotonic();
        let wait = match outcome {
            Ok(outcome) => {
                self.follower.note(id.as_str(), outcome.wrote);
                let written = self.written_meanwhile.remove(id);
                if written.is_some_and(|revision| revision > outcome.wrote) {
                    self.instances.queue.push(id, now);
                }
                self.note_preemption(id, outcome.preempted);
                outcome.wait
            }
            Err(error) => {
                tracing::debug!(instance = %id, ?error, "a step is repeated");
                self.wait_after(&error)
            }
        };
        self.instances.queue.put_back(id, (wait < Duration::MAX).then(|| now.after(wait)));
    }

    fn put_operation_back(&mut self, id: &OperationId, wait: Result<Duration>) {
        let now = self.worker.deployment.clock.monotonic();
        let wait = wait.unwrap_or_else(|error| {
            tracing::debug!(operation = %id, ?error, "a step is repeated");
            self.wait_after(&error)
        });
        self.operations.queue.put_back(id, (wait < Duration::MAX).then(|| now.after(wait)));
    }

    /// How long to wait after a step that could not be written down.
    fn wait_after(&self, error: &Error) -> Duration {
        let options = &self.worker.deployment.options;
        if error.is_lost_race() {
            Duration::ZERO
        } else if error.kind() == ErrorKind::Damaged {
            // A user has to see to it; nothing is done about this one meanwhile.
            options.probe
        } else {
            options.backoff
        }
    }
}

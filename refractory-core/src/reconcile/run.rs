//! One life of a worker: what it knows, what is due, what is in hand.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use super::Worker;
use super::queue::Queue;
use super::worker::StepOutcome;
use crate::model::Instance;
use crate::ports::{Collection, Followed, Follower, Kind};
use crate::{Error, ErrorKind, InstanceId, MonotonicTime, Result};

type Done = Result<(Id, Result<StepOutcome>), JoinError>;

/// One life of a worker.
pub(super) struct Run<'a> {
    worker: &'a Worker,
    queue: Queue,
    hands: JoinSet<Result<StepOutcome>>,
    sweep: JoinSet<Result<()>>,
    keys: JoinSet<Result<()>>,
    whose: BTreeMap<Id, InstanceId>,
    follower: Follower,
    /// Revisions that were told of while their instance was in hand.
    told: BTreeMap<InstanceId, u64>,
    owed: BTreeSet<InstanceId>,
    changes: tokio::sync::watch::Receiver<u64>,
    next_sweep: MonotonicTime,
    next_heartbeat: MonotonicTime,
}

impl<'a> Run<'a> {
    pub(super) fn new(worker: &'a Worker) -> Self {
        Self {
            worker,
            queue: Queue::default(),
            hands: JoinSet::new(),
            sweep: JoinSet::new(),
            keys: JoinSet::new(),
            whose: BTreeMap::new(),
            follower: Follower::new(Kind::Instance),
            told: BTreeMap::new(),
            owed: BTreeSet::new(),
            changes: worker.deployment.nudge.subscribe(),
            next_sweep: MonotonicTime::default(),
            next_heartbeat: MonotonicTime::default(),
        }
    }

    /// Waits until nothing is in hand.
    pub(super) async fn finish(&mut self) {
        self.sweep.abort_all();
        self.keys.abort_all();
        while self.hands.join_next().await.is_some() {}
    }

    /// Looks for changes and hands out what is due.
    pub(super) async fn round(&mut self) {
        let now = self.worker.deployment.clock.monotonic();
        self.worker.ages.tick(now, &self.worker.deployment.options);
        if now >= self.next_heartbeat {
            self.next_heartbeat = now.after(self.worker.deployment.options.heartbeat);
            self.report("saying that it lives", self.worker.heartbeat().await);
            self.look_over().await;
        }
        if now >= self.next_sweep && self.sweep.is_empty() {
            self.next_sweep = now.after(self.worker.sweep_after());
            let worker = self.worker.clone();
            self.sweep.spawn(async move { worker.sweep().await });
        }
        match self.follower.poll(self.worker.deployment.ports.store.as_ref()).await {
            Ok(followed) => self.notice(&followed, now),
            Err(error) => self.report("looking for changes", Err(error)),
        }
        for id in self.queue.take(now, self.worker.deployment.options.concurrency) {
            let (worker, mine) = (self.worker.clone(), id.clone());
            let hand = self.hands.spawn(async move { worker.stride(&mine).await });
            self.whose.insert(hand.id(), id);
        }
    }

    /// Sees to what no step of an instance sees to. Reads no row that nothing is owed to: there may be thousands.
    async fn look_over(&mut self) {
        match self.owed_rows().await {
            Ok(rows) => {
                self.report("letting people in again", self.worker.unblock_abandoned(&rows).await);
                self.turn_keys(rows);
            }
            Err(error) => self.report("reading what is owed", Err(error)),
        }
    }

    async fn owed_rows(&self) -> Result<Vec<Instance>> {
        let table = Collection::<Instance>::of(self.worker.deployment.ports.store.as_ref());
        let mut rows = Vec::new();
        for id in &self.owed {
            rows.extend(table.load_readable(id.as_str()).await?);
        }
        Ok(rows)
    }

    /// Beside everything else: a key may take minutes, and nobody waits for it.
    fn turn_keys(&mut self, rows: Vec<Instance>) {
        while let Some(turned) = self.keys.try_join_next() {
            let turned = turned.unwrap_or_else(|panicked| {
                Err(Error::new(ErrorKind::Unexpected, "replacing keys").caused_by(panicked))
            });
            self.report("replacing keys for uploads", turned);
        }
        if self.keys.is_empty() {
            let worker = self.worker.clone();
            self.keys.spawn(async move { worker.rotate_keys_of(&rows).await });
        }
    }

    fn report(&self, during: &'static str, result: Result<()>) {
        if let Err(error) = result {
            tracing::warn!(worker = %self.worker.id, ?error, during, "a round went on without this");
        }
    }

    /// Makes whatever changed due now, and forgets what is gone.
    fn notice(&mut self, followed: &Followed, now: MonotonicTime) {
        for (id, revision) in &followed.written {
            let Ok(id) = InstanceId::new(id) else { continue };
            if self.queue.is_in_hand(&id) {
                // This worker may have written it; that is compared once it is put back.
                self.told.insert(id, *revision);
            } else {
                self.queue.push(&id, now);
            }
        }
        for id in followed.gone.iter().filter_map(|id| InstanceId::new(id).ok()) {
            self.owed.remove(&id);
            self.told.remove(&id);
            self.queue.forget(&id);
        }
    }

    /// Sleeps until something is due, something changed here, something is done, or the store should be asked again.
    pub(super) async fn rest(&mut self) {
        let deployment = &self.worker.deployment;
        let now = deployment.clock.monotonic();
        // Where all hands are full, only a hand that comes back makes room.
        let due = if self.hands.len() < deployment.options.concurrency {
            self.queue.next().map_or(deployment.options.resync, |at| at.since(now))
        } else {
            deployment.options.resync
        };
        let due = due.min(deployment.options.resync);
        tokio::select! {
            Some(swept) = self.sweep.join_next() => self.swept(swept),
            Some(done) = self.hands.join_next_with_id() => self.put_back(done),
            _ = self.changes.changed() => {}
            () = tokio::time::sleep(due) => {}
        }
        while let Some(done) = self.hands.try_join_next_with_id() {
            self.put_back(done);
        }
    }

    fn swept(&mut self, swept: Result<Result<()>, JoinError>) {
        let result = swept.unwrap_or_else(|panicked| {
            Err(Error::new(ErrorKind::Unexpected, "sweeping").caused_by(panicked))
        });
        self.report("sweeping", result);
        let next = self.worker.deployment.clock.monotonic().after(self.worker.sweep_after());
        self.next_sweep = self.next_sweep.min(next);
    }

    fn put_back(&mut self, done: Done) {
        let (task, stride) = match done {
            Ok((task, stride)) => (task, stride),
            Err(panicked) => (
                panicked.id(),
                Err(Error::new(ErrorKind::Unexpected, "taking a step").caused_by(panicked)),
            ),
        };
        let Some(id) = self.whose.remove(&task) else { return };
        let now = self.worker.deployment.clock.monotonic();
        let wait = match stride {
            Ok(stride) => {
                self.follower.note(id.as_str(), stride.wrote);
                if self.told.remove(&id).is_some_and(|told| told > stride.wrote) {
                    self.queue.push(&id, now);
                }
                if stride.owed {
                    self.owed.insert(id.clone());
                } else {
                    self.owed.remove(&id);
                }
                stride.wait
            }
            Err(error) => {
                tracing::debug!(instance = %id, ?error, "a step is repeated");
                let options = &self.worker.deployment.options;
                if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) {
                    Duration::ZERO
                } else if error.kind() == ErrorKind::Damaged {
                    // Somebody has to see to it; nothing is done about this one meanwhile.
                    options.probe
                } else {
                    options.backoff
                }
            }
        };
        self.queue.put_back(&id, (wait < Duration::MAX).then(|| now.after(wait)));
    }
}

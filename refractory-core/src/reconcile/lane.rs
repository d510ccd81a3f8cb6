//! What is due, and what is in hand, of one kind of thing that a worker takes steps for.
use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use super::queue::Queue;
use crate::{Error, ErrorKind, MonotonicTime, Result};

type Done<T> = Result<(Id, Result<T>), JoinError>;

/// Steps that are due and steps in hand.
#[derive(Debug)]
pub(super) struct Lane<K, T> {
    pub(super) queue: Queue<K>,
    tasks: JoinSet<Result<T>>,
    whose: BTreeMap<Id, K>,
    /// How many are in hand at most.
    limit: usize,
}

impl<K: Ord + Clone, T: Send + 'static> Lane<K, T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { queue: Queue::default(), tasks: JoinSet::new(), whose: BTreeMap::new(), limit }
    }

    /// Begins a step for each key that is due at `now`, as far as there is room.
    pub(super) fn begin_due<F>(&mut self, now: MonotonicTime, step: impl Fn(K) -> F)
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        for key in self.queue.take(now, self.limit) {
            let task = self.tasks.spawn(step(key.clone()));
            self.whose.insert(task.id(), key);
        }
    }

    /// How long until the next step can begin; none where none is due, or only one that comes back makes room.
    pub(super) fn next_in(&self, now: MonotonicTime) -> Option<Duration> {
        let has_room = self.tasks.len() < self.limit;
        self.queue.next().filter(|_| has_room).map(|at| at.since(now))
    }

    /// The next step that has ended; none where none is in hand.
    pub(super) async fn ended(&mut self) -> Option<(K, Result<T>)> {
        let done = self.tasks.join_next_with_id().await?;
        self.named(done)
    }

    /// The same, of those that have ended already.
    pub(super) fn try_ended(&mut self) -> Option<(K, Result<T>)> {
        let done = self.tasks.try_join_next_with_id()?;
        self.named(done)
    }

    fn named(&mut self, done: Done<T>) -> Option<(K, Result<T>)> {
        let (task, result) = match done {
            Ok(done) => done,
            Err(panicked) => {
                let error = Error::new(ErrorKind::Unexpected, "taking a step");
                (panicked.id(), Err(error.caused_by(panicked)))
            }
        };
        self.whose.remove(&task).map(|key| (key, result))
    }

    /// Waits until nothing is in hand.
    pub(super) async fn finish(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

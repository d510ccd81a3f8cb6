//! What a worker does on a clock: one table, and the runner of what is in it.
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use super::Worker;
use crate::model::DutyReport;
use crate::{Error, ErrorKind, MonotonicTime, Result, Timestamp};

type Doing = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// One thing that is done on a clock, beside everything else, by one task at a time.
pub(super) struct Duty {
    /// The word for it.
    pub(super) name: &'static str,
    /// How long from one time to the next.
    every: fn(&Worker) -> Duration,
    /// What is done. Its documentation says what it reads.
    run: fn(Worker) -> Doing,
}

/// The duty that looks for operations; it is due at once where one was asked for in this process, or written by another.
pub(super) const OPERATIONS: &str = "operations";

/// Every duty.
pub(super) const DUTIES: [Duty; 8] = [
    Duty {
        name: "heartbeat",
        every: |worker| worker.deployment.options.heartbeat,
        run: |worker| Box::pin(async move { worker.heartbeat().await }),
    },
    Duty {
        name: OPERATIONS,
        every: |worker| worker.deployment.options.operations,
        run: |worker| Box::pin(async move { worker.find_operations().await }),
    },
    Duty {
        name: "license-preemption",
        every: |worker| worker.deployment.options.heartbeat,
        run: |worker| Box::pin(async move { worker.unblock_abandoned().await }),
    },
    Duty {
        name: "sweep",
        every: Worker::sweep_after,
        run: |worker| Box::pin(async move { worker.deployment.sweep(&worker.observations).await }),
    },
    Duty {
        name: "record-retention",
        every: |worker| worker.deployment.options.sweep,
        run: |worker| Box::pin(async move { worker.deployment.trim().await }),
    },
    Duty {
        name: "operation-retention",
        every: |worker| worker.deployment.options.sweep,
        run: |worker| Box::pin(async move { worker.trim_operations().await }),
    },
    Duty {
        name: "backup-retention",
        every: |worker| worker.deployment.options.sweep,
        run: |worker| Box::pin(async move { worker.retire_backups().await }),
    },
    Duty {
        name: "runtime-upkeep",
        every: |worker| worker.deployment.options.heartbeat,
        run: |worker| Box::pin(async move { worker.deployment.ports.runtime.tend().await }),
    },
];

/// How the duties of a worker go.
#[derive(Debug, Default)]
pub(super) struct DutyReports(Mutex<Vec<DutyReport>>);

impl DutyReports {
    fn all(&self) -> MutexGuard<'_, Vec<DutyReport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each came to, in the order of the table.
    pub(super) fn reports(&self) -> Vec<DutyReport> {
        self.all().clone()
    }

    fn note(&self, at: usize, every: Duration, done: &Done) {
        let mut all = self.all();
        let Some(report) = all.get_mut(at) else { return };
        (report.every, report.last, report.took) = (every, Some(done.begun), done.took);
        report.runs += 1;
        report.failure = done.result.as_ref().err().map(|error| error.for_people().into_owned());
        report.failures += u64::from(report.failure.is_some());
    }
}

/// One time that a duty was done.
#[derive(Debug)]
struct Done {
    begun: Timestamp,
    took: Duration,
    result: Result<()>,
}

/// Sees to the duties of one life of a worker.
#[derive(Debug)]
pub(super) struct DutyRunner<'a> {
    worker: &'a Worker,
    next: [MonotonicTime; DUTIES.len()],
    in_hand: [Option<Id>; DUTIES.len()],
    tasks: JoinSet<Done>,
}

impl<'a> DutyRunner<'a> {
    pub(super) fn new(worker: &'a Worker) -> Self {
        let reports = DUTIES.iter().map(|duty| DutyReport::fresh(duty.name, (duty.every)(worker)));
        *worker.duties.all() = reports.collect();
        Self {
            worker,
            next: [MonotonicTime::default(); DUTIES.len()],
            in_hand: [None; DUTIES.len()],
            tasks: JoinSet::new(),
        }
    }

    /// Begins each duty that is due at `now`.
    pub(super) fn begin_due(&mut self, now: MonotonicTime) {
        for (at, duty) in DUTIES.iter().enumerate() {
            if now < self.next[at] || self.in_hand[at].is_some() {
                continue;
            }
            self.next[at] = now.after((duty.every)(self.worker));
            let doing = (duty.run)(self.worker.clone());
            let worker = self.worker.clone();
            let task = self.tasks.spawn(async move {
                let clock = &worker.deployment.clock;
                let (begun, since) = (clock.now(), clock.monotonic());
                let result = doing.await;
                Done { begun, took: clock.monotonic().since(since), result }
            });
            self.in_hand[at] = Some(task.id());
        }
    }

    /// Makes a duty due at once.
    pub(super) fn hasten(&mut self, name: &str) {
        if let Some(at) = DUTIES.iter().position(|duty| duty.name == name) {
            self.next[at] = MonotonicTime::default();
        }
    }

    /// How long until the next one is due; one in hand is due when it comes back.
    pub(super) fn next_in(&self, now: MonotonicTime) -> Option<Duration> {
        let idle = self.next.iter().zip(&self.in_hand).filter(|(_, task)| task.is_none());
        idle.map(|(at, _)| at.since(now)).min()
    }

    /// Waits until one has been done; says which. None where none is in hand.
    pub(super) async fn ended(&mut self) -> Option<&'static str> {
        let done = self.tasks.join_next_with_id().await?;
        self.put_back(done)
    }

    /// Breaks off what is in hand: all of it is done again by the next worker.
    pub(super) async fn stop(&mut self) {
        self.tasks.shutdown().await;
    }

    fn put_back(&mut self, done: Result<(Id, Done), JoinError>) -> Option<&'static str> {
        let (task, done) = match done {
            Ok(done) => done,
            Err(panicked) => {
                let (task, begun) = (panicked.id(), self.worker.deployment.clock.now());
                let error = Error::new(ErrorKind::Unexpected, "doing a duty").caused_by(panicked);
                (task, Done { begun, took: Duration::ZERO, result: Err(error) })
            }
        };
        let at = self.in_hand.iter().position(|known| *known == Some(task))?;
        self.in_hand[at] = None;
        let duty = &DUTIES[at];
        if let Err(error) = &done.result {
            tracing::warn!(worker = %self.worker.id, ?error, duty = duty.name, "a duty failed and is done again later");
        }
        let every = (duty.every)(self.worker);
        // What it found may make it due sooner than it was.
        let now = self.worker.deployment.clock.monotonic();
        self.next[at] = self.next[at].min(now.after(every));
        self.worker.duties.note(at, every, &done);
        Some(duty.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_duty_has_its_own_name_and_one_looks_for_operations() {
        let names: BTreeSet<_> = DUTIES.iter().map(|duty| duty.name).collect();
        assert_eq!(names.len(), DUTIES.len());
        assert!(names.contains(OPERATIONS));
    }
}

//! Reading a snapshot back: each piece, compared with its digest.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use refractory_core::ports::{Observed, Progress, Reason, Snapshot, SnapshotName};
use refractory_core::{ErrorKind, Result};
use tokio::task::{AbortHandle, JoinSet};

use super::S3Snapshots;

/// What is being read, in this process. All of it ends with its owner, and is read again by the next call.
#[derive(Debug, Default)]
pub(super) struct Checks(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    tasks: JoinSet<(SnapshotName, Result<()>)>,
    reading: BTreeMap<SnapshotName, Reading>,
    ended: BTreeMap<SnapshotName, Result<()>>,
}

#[derive(Debug)]
struct Reading {
    task: AbortHandle,
    read: Arc<AtomicU64>,
}

impl Checks {
    /// With everything taken in that has ended.
    fn gathered(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(done) = state.tasks.try_join_next() {
            match done {
                Ok((name, outcome)) => {
                    state.reading.remove(&name);
                    state.ended.insert(name, outcome);
                }
                // Which one it was is unknown: all that is not at work any more is read again.
                Err(_) => state.reading.retain(|_, reading| !reading.task.is_finished()),
            }
        }
        state
    }

    /// The result of reading `name`; returned once.
    fn take_ended(&self, name: &SnapshotName) -> Option<Result<()>> {
        self.gathered().ended.remove(name)
    }

    /// Bytes that were read of `name`; `begin` begins to read it where no task is at it.
    fn read<F>(&self, name: &SnapshotName, begin: impl FnOnce(Arc<AtomicU64>) -> F) -> u64
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let mut state = self.gathered();
        if let Some(reading) = state.reading.get(name) {
            return reading.read.load(Ordering::Relaxed);
        }
        let read = Arc::new(AtomicU64::new(0));
        let (work, of) = (begin(Arc::clone(&read)), name.clone());
        let task = state.tasks.spawn(async move { (of, work.await) });
        state.reading.insert(name.clone(), Reading { task, read });
        0
    }

    fn end(&self, name: &SnapshotName) {
        let mut state = self.gathered();
        state.ended.remove(name);
        if let Some(reading) = state.reading.remove(name) {
            reading.task.abort();
        }
    }
}

impl S3Snapshots {
    /// What is known of the snapshot `name`; begins to read it where nothing is.
    pub(super) async fn verified(&self, name: &SnapshotName) -> Result<Observed<Snapshot>> {
        let manifest = match self.manifest(name).await {
            Ok(Some(manifest)) => manifest,
            Ok(None) => {
                self.checks.end(name);
                return Ok(Observed::Absent);
            }
            Err(error) if error.kind() == ErrorKind::Unexpected => {
                self.checks.end(name);
                return Ok(Observed::Broken(Reason(error.for_people().into_owned())));
            }
            Err(error) => return Err(error),
        };
        let snapshot = manifest.snapshot(name);
        if let Some(ended) = self.checks.take_ended(name) {
            return match ended {
                Ok(()) => Ok(Observed::Ready(snapshot)),
                Err(error) if error.kind() == ErrorKind::Unexpected => {
                    Ok(Observed::Broken(Reason(error.for_people().into_owned())))
                }
                Err(error) => Err(error),
            };
        }
        let read = self.checks.read(name, |read| {
            let (me, name) = (self.clone_to_read(), name.clone());
            async move { me.export(&name, &mut Counted { read }).await.map(|_| ()) }
        });
        let percent = read.saturating_mul(100).checked_div(snapshot.size).unwrap_or_default();
        let progress = Progress::new("reading the backup");
        Ok(Observed::Pending(Some(progress.at(u8::try_from(percent).unwrap_or(100)))))
    }

    /// Without what is being read: a task that had that would keep itself alive.
    fn clone_to_read(&self) -> Self {
        Self { checks: Arc::default(), ..self.clone() }
    }
}

/// Counts what is written to it, and keeps none of it.
struct Counted {
    read: Arc<AtomicU64>,
}

impl tokio::io::AsyncWrite for Counted {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

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
    tasks: JoinSet<(SnapshotName, Ended)>,
    reading: BTreeMap<SnapshotName, Reading>,
    ended: BTreeMap<SnapshotName, Ended>,
}

#[derive(Debug)]
struct Reading {
    request: String,
    task: AbortHandle,
    read: Arc<AtomicU64>,
}

/// What reading for one request came to.
#[derive(Debug)]
struct Ended {
    request: String,
    outcome: Result<()>,
}

impl Checks {
    /// With everything taken in that has ended.
    fn gathered(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(done) = state.tasks.try_join_next() {
            match done {
                Ok((name, ended)) => {
                    if state.reading.get(&name).is_some_and(|it| it.request == ended.request) {
                        state.reading.remove(&name);
                    }
                    state.ended.insert(name, ended);
                }
                // Which one it was is unknown: all that is not at work any more is read again.
                Err(_) => state.reading.retain(|_, reading| !reading.task.is_finished()),
            }
        }
        state
    }

    /// The result of reading `name` for `request`; returned once.
    fn take_ended(&self, name: &SnapshotName, request: &str) -> Option<Result<()>> {
        let ended = self.gathered().ended.remove(name)?;
        (ended.request == request).then_some(ended.outcome)
    }

    /// Bytes that were read of `name` for `request`; `begin` begins to read it where no task is at it. One that reads it for another
    /// request ends.
    fn read<F>(
        &self,
        name: &SnapshotName,
        request: &str,
        begin: impl FnOnce(Arc<AtomicU64>) -> F,
    ) -> u64
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let mut state = self.gathered();
        match state.reading.get(name) {
            Some(reading) if reading.request == request => {
                return reading.read.load(Ordering::Relaxed);
            }
            Some(other) => other.task.abort(),
            None => {}
        }
        let read = Arc::new(AtomicU64::new(0));
        let (work, of) = (begin(Arc::clone(&read)), name.clone());
        let of_request = request.to_owned();
        let task = state.tasks.spawn(async move {
            let outcome = work.await;
            (of, Ended { request: of_request, outcome })
        });
        state.reading.insert(name.clone(), Reading { request: request.to_owned(), task, read });
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
    pub(super) async fn verified(
        &self,
        name: &SnapshotName,
        request: &str,
    ) -> Result<Observed<Snapshot>> {
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
        if let Some(ended) = self.checks.take_ended(name, request) {
            return match ended {
                Ok(()) => Ok(Observed::Ready(snapshot)),
                Err(error) if error.kind() == ErrorKind::Unexpected => {
                    Ok(Observed::Broken(Reason(error.for_people().into_owned())))
                }
                Err(error) => Err(error),
            };
        }
        let read = self.checks.read(name, request, |read| {
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

#[cfg(test)]
mod tests;

//! Backoff between polls of AWS: a worker calls often, and pending work is not asked about with every call.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use refractory_core::MonotonicTime;
use refractory_core::ports::Progress;

/// The longest wait between two questions.
const LONGEST: Duration = Duration::from_secs(15);
/// The first one; it doubles.
const FIRST: Duration = Duration::from_millis(500);

/// The backoff of pending work, by key. Only saves calls: nothing depends on it.
#[derive(Debug)]
pub(crate) struct PollBackoff<K>(Mutex<BTreeMap<K, PollState>>);

impl<K> Default for PollBackoff<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[derive(Debug)]
struct PollState {
    until: MonotonicTime,
    next: Duration,
    progress: Progress,
}

impl<K: Ord + Clone> PollBackoff<K> {
    /// The progress of pending work, if it is too early to ask again.
    pub(crate) fn pending(&self, of: &K, now: MonotonicTime) -> Option<Progress> {
        let waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.get(of).filter(|wait| wait.until > now).map(|wait| wait.progress.clone())
    }

    /// Postpones the next poll, each time for longer.
    pub(crate) fn postpone(&self, of: &K, now: MonotonicTime, progress: Progress) {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = waits.get(of).map_or(FIRST, |wait| wait.next);
        let next = (pause * 2).min(LONGEST);
        waits.insert(of.clone(), PollState { until: now.after(pause), next, progress });
    }

    /// Forgets the backoff of `of`.
    pub(crate) fn clear(&self, of: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(of);
    }
}

#[cfg(test)]
mod tests;

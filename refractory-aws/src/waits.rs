//! How long to leave AWS alone: a worker asks often, and what is on its way is not asked about with every call.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use refractory_core::MonotonicTime;
use refractory_core::ports::Progress;

/// The longest wait between two questions.
const LONGEST: Duration = Duration::from_secs(15);
/// The first one; it doubles.
const FIRST: Duration = Duration::from_millis(500);

/// Since when what is waited for. Only ever shortens a round of questions: nothing depends on it.
#[derive(Debug)]
pub(crate) struct Waits<K>(Mutex<BTreeMap<K, Wait>>);

impl<K> Default for Waits<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[derive(Debug)]
struct Wait {
    until: MonotonicTime,
    next: Duration,
    progress: Progress,
}

impl<K: Ord + Clone> Waits<K> {
    /// What is waited for, if it is too early to ask again.
    pub(crate) fn open(&self, of: &K, now: MonotonicTime) -> Option<Progress> {
        let waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.get(of).filter(|wait| wait.until > now).map(|wait| wait.progress.clone())
    }

    /// Asks again later, each time later than before.
    pub(crate) fn later(&self, of: &K, now: MonotonicTime, progress: Progress) {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = waits.get(of).map_or(FIRST, |wait| wait.next);
        let next = (pause * 2).min(LONGEST);
        waits.insert(of.clone(), Wait { until: now.after(pause), next, progress });
    }

    /// Nothing is waited for any more.
    pub(crate) fn close(&self, of: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(of);
    }
}

#[cfg(test)]
mod tests;

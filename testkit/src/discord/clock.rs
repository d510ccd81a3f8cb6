//! The time of a stand-in: the machine's, and what a test adds to it.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use refractory_core::{Clock, SystemClock, Timestamp};

/// What deadlines, tokens and rate limits of a stand-in are measured with. Clones show the same time.
#[derive(Debug, Clone)]
pub struct StandInClock {
    base: Arc<dyn Clock>,
    ahead: Arc<AtomicU64>,
}

impl Default for StandInClock {
    fn default() -> Self {
        Self { base: Arc::new(SystemClock), ahead: Arc::default() }
    }
}

impl StandInClock {
    /// A clock that follows `base`.
    pub fn following(base: Arc<dyn Clock>) -> Self {
        Self { base, ahead: Arc::default() }
    }

    /// Lets `by` pass at once: an interaction ages, a token ends, a rate limit is reset.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ahead.fetch_add(by, Ordering::SeqCst);
    }

    /// Milliseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        self.base.now().0.saturating_add(self.ahead.load(Ordering::SeqCst))
    }
}

/// A moment in the form that Discord writes.
pub(crate) fn written(millis: u64) -> String {
    let text = Timestamp(millis).to_string();
    format!("{}.{:03}000+00:00", text.trim_end_matches('Z'), millis % 1000)
}

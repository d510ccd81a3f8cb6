//! Time that a test moves.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use refractory_core::{Clock, MonotonicTime, SystemClock, Timestamp};

/// The machine's clock, put forward.
#[derive(Debug, Clone, Default)]
pub(crate) struct AheadClock(Arc<AtomicU64>);

impl AheadClock {
    /// Puts it forward by `more`.
    pub(crate) fn forward(&self, more: Duration) {
        self.0.fetch_add(u64::try_from(more.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for AheadClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().after(Duration::from_millis(self.0.load(Ordering::Relaxed)))
    }

    fn monotonic(&self) -> MonotonicTime {
        SystemClock.monotonic().after(Duration::from_millis(self.0.load(Ordering::Relaxed)))
    }
}

/// A clock that stands still, from the moment it was made, unless the test puts it forward.
#[derive(Debug, Clone)]
pub(crate) struct HeldClock(Timestamp, Arc<AtomicU64>);

impl HeldClock {
    /// A clock that shows the machine's time of now, for good.
    pub(crate) fn made() -> Self {
        Self(SystemClock.now(), Arc::default())
    }

    /// Puts it forward by `more`.
    pub(crate) fn forward(&self, more: Duration) {
        self.1.fetch_add(u64::try_from(more.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        self.0.after(Duration::from_millis(self.1.load(Ordering::Relaxed)))
    }

    fn monotonic(&self) -> MonotonicTime {
        MonotonicTime(Duration::from_millis(self.1.load(Ordering::Relaxed)))
    }
}

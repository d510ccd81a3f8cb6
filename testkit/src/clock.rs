//! A clock that follows tokio's time, paused or not.
use refractory_core::{Clock, Timestamp};
use tokio::time::Instant;

/// Time since this clock was made, as tokio tells it, counted from a fixed moment. Clones agree.
#[derive(Debug, Clone)]
pub struct PausedClock(Instant);

impl PausedClock {
    /// The moment every clock begins at.
    pub const BEGIN: Timestamp = Timestamp(1_700_000_000_000);
}

impl Default for PausedClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Self::BEGIN.after(self.0.elapsed())
    }
}

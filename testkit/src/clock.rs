//! Clocks that follow tokio's time, paused or not, and that a test sets, stops and lets jump.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use refractory_core::{Clock, MonotonicTime, Timestamp};
use tokio::time::Instant;

/// A wall clock that begins at a fixed date, and a monotonic one. Both follow tokio's time until a test sets one of them;
/// the other goes on as if nothing had happened. Clones are handles on the same clocks.
#[derive(Debug, Clone)]
pub struct PausedClock {
    begun: Instant,
    offsets: Arc<Mutex<ClockOffsets>>,
}

#[derive(Debug, Default)]
struct ClockOffsets {
    wall: ClockOffset,
    monotonic: ClockOffset,
}

/// How one clock differs from the time that passes.
#[derive(Debug, Default)]
struct ClockOffset {
    ahead: Duration,
    behind: Duration,
    /// What it shows while it stands still.
    stopped_at: Option<Duration>,
}

impl ClockOffset {
    fn shows(&self, passed: Duration) -> Duration {
        self.stopped_at.unwrap_or_else(|| (passed + self.ahead).saturating_sub(self.behind))
    }

    fn stop(&mut self, passed: Duration) {
        self.stopped_at = Some(self.shows(passed));
    }
}

impl PausedClock {
    /// The date every clock begins at.
    pub const BEGIN: Timestamp = Timestamp(1_700_000_000_000);

    /// How far the wall clock can be set back before it shows the same date for ever.
    const FAR: Duration = Duration::from_hours(24 * 365 * 10);

    /// How long the monotonic clock has run already: the machine has been up for a while.
    const UP: Duration = Duration::from_hours(3);

    fn offsets(&self) -> MutexGuard<'_, ClockOffsets> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the wall clock forward.
    pub fn set_forward(&self, by: Duration) {
        self.offsets().wall.ahead += by;
    }

    /// Sets the wall clock back.
    pub fn set_back(&self, by: Duration) {
        self.offsets().wall.behind += by;
    }

    /// Stops the wall clock.
    pub fn stop_wall(&self) {
        let passed = self.begun.elapsed() + Self::FAR;
        self.offsets().wall.stop(passed);
    }

    /// Lets the monotonic clock jump ahead, as it does for a process that was frozen.
    pub fn jump_monotonic(&self, by: Duration) {
        self.offsets().monotonic.ahead += by;
    }

    /// The same time, in the clocks of another machine: `ahead` of these.
    #[must_use]
    pub fn ahead(&self, ahead: Duration) -> Self {
        let wall = ClockOffset { ahead, ..ClockOffset::default() };
        let offsets = ClockOffsets { wall, ..ClockOffsets::default() };
        Self { begun: self.begun, offsets: Arc::new(Mutex::new(offsets)) }
    }
}

impl Default for PausedClock {
    fn default() -> Self {
        Self { begun: Instant::now(), offsets: Arc::default() }
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let passed = self.begun.elapsed() + Self::FAR;
        Self::BEGIN.before(Self::FAR).after(self.offsets().wall.shows(passed))
    }

    fn monotonic(&self) -> MonotonicTime {
        let passed = self.begun.elapsed();
        MonotonicTime(Self::UP).after(self.offsets().monotonic.shows(passed))
    }
}

//! Rate limit: Route 53 takes five requests a second from an account.
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Between two requests of ours: four a second leave one for other programs in the account.
pub(super) const GAP: Duration = Duration::from_millis(250);

/// Hands out moments at which a request may be sent.
#[derive(Debug)]
pub(super) struct RateLimiter(Mutex<Instant>);

impl RateLimiter {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// The next moment that is free, at the earliest after `pause`, unless it is further off than `max_wait`.
    pub(super) fn reserve(&self, pause: Duration, max_wait: Duration) -> Option<Instant> {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let at = (now + pause).max(*next);
        if at > now + max_wait {
            return None;
        }
        *next = at + GAP;
        Some(at)
    }

    /// Whether a request may be sent this moment; it then has to be.
    pub(super) fn free(&self) -> bool {
        self.reserve(Duration::ZERO, Duration::ZERO).is_some()
    }

    /// Waits for the next moment that is free; false if it is further off than `max_wait`.
    pub(super) async fn wait(&self, max_wait: Duration) -> bool {
        match self.reserve(Duration::ZERO, max_wait) {
            Some(at) => {
                sleep_until(at).await;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests;

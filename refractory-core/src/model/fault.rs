//! What went wrong last, and what it means for the next attempt.
use std::time::Duration;

use super::Step;
use crate::{Cause, ErrorKind, Timestamp};

/// The last failure of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fault {
    /// The step that failed.
    pub step: Step,
    /// What went wrong.
    pub kind: ErrorKind,
    /// Why, as a code with what it is about; none where an older version wrote it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub cause: Option<Cause>,
    /// The same as a sentence, for causes without words of their own.
    pub message: String,
    /// Failures in a row.
    pub attempts: u32,
    /// Not before this moment.
    pub retry_at: Timestamp,
    /// How long before that it was met; none where an older version wrote it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub wait: Option<Duration>,
    /// Given up: trying again cannot help.
    pub terminal: bool,
    /// The generation it was met in; a newer desired state forgives it.
    pub generation: u64,
}

impl Fault {
    /// When it was met; so long before the next attempt where that is not written down.
    pub fn met(&self, longest: Duration) -> Timestamp {
        self.retry_at.before(self.wait.unwrap_or(longest))
    }

    /// How long until the next attempt, for people. Never longer than it was to be, whatever has become of the clock.
    pub fn retry_in(&self, now: Timestamp) -> Duration {
        let left = self.retry_at.since(now);
        self.wait.map_or(left, |wait| left.min(wait))
    }
}

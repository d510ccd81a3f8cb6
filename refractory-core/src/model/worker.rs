//! Which workers are alive.
use std::time::Duration;

use crate::{Timestamp, WorkerId};

/// A worker's sign of life. Readers compare `seen` with the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WorkerMark {
    /// The worker.
    pub id: WorkerId,
    /// Since when it works.
    pub born: Timestamp,
    /// When it last said so.
    pub seen: Timestamp,
    /// What it could not list when it last swept: of this nothing is found that nobody explains.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub unlisted: Vec<String>,
    /// What it does on a clock, and how that went.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub duties: Vec<DutyReport>,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

/// How one duty of a worker goes: something that it does on a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DutyReport {
    /// The duty.
    pub name: String,
    /// How often it is done.
    pub every: Duration,
    /// When it was last done; none where it was not yet.
    pub last: Option<Timestamp>,
    /// How long that took.
    pub took: Duration,
    /// What went wrong then, as one sentence; none where nothing did.
    pub failure: Option<String>,
    /// How often it was done.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
}

impl DutyReport {
    /// A duty that was not done yet.
    pub fn fresh(name: &str, every: Duration) -> Self {
        Self {
            name: name.to_owned(),
            every,
            last: None,
            took: Duration::ZERO,
            failure: None,
            runs: 0,
            failures: 0,
        }
    }
}

//! Which workers are alive.
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
    /// Counts writes; the store compares it.
    pub revision: u64,
}

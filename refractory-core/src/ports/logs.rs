//! What running programs print.
use std::fmt::Debug;

use crate::{InstanceId, Result, async_trait};

/// A place in a log, as its source counts; opaque to everybody else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct LogPosition(pub String);

/// Some lines, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogChunk {
    /// Whole lines, oldest first, without their ends.
    pub lines: Vec<String>,
    /// Where the next call goes on.
    pub next: LogPosition,
}

/// Reads what the program of an instance printed, through all of its launches.
#[async_trait]
pub trait LogSource: Debug + Send + Sync + 'static {
    /// At most `limit` lines after `from`, or the last `limit` lines where `from` is `None`.
    ///
    /// Reads only. A position that has been rotated away goes on with the oldest line there is.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn read(
        &self,
        of: &InstanceId,
        from: Option<&LogPosition>,
        limit: usize,
    ) -> Result<LogChunk>;
}

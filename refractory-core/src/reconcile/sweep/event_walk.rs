//! How far a worker has come in going through the audit log.
use tokio::sync::Mutex;

use super::retention::Entry;
use crate::ports::Cursor;
use crate::{EventId, MonotonicTime};

/// How far a worker has come. It is not written down: a new process begins anew, and deletes nothing twice.
#[derive(Debug, Default)]
pub(crate) struct EventWalk(pub(super) Mutex<Walk>);

#[derive(Debug)]
pub(super) enum Walk {
    /// Reading on, with what was read so far.
    Reading(Vec<Entry>, Option<Cursor>),
    /// Deleting these, the last first.
    Deleting(Vec<EventId>),
    /// Done for now.
    Resting(MonotonicTime),
}

impl Default for Walk {
    fn default() -> Self {
        Self::Reading(Vec::new(), None)
    }
}

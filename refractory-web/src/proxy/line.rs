//! The open connections of one instance.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

/// The open connections of one instance: how many there are, and the end of all of them.
///
/// Outlives the routes of its instance, which are made anew with each change.
#[derive(Debug)]
pub struct Line {
    open: AtomicUsize,
    /// Counts the endpoints it has had: whoever was connected to an earlier one is cut off.
    moves: watch::Sender<u64>,
}

impl Line {
    /// A line nobody uses.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(0), moves: watch::Sender::new(0) })
    }

    /// Upgraded connections at this moment.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Ends every connection there is.
    pub(super) fn cut(&self) {
        self.moves.send_modify(|count| *count += 1);
    }
}

//! The open connections of one instance.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

use crate::connections::Slot;

/// The open connections of one instance: counts them and closes all of them.
///
/// Outlives the routes of its instance, which are made anew with each change.
#[derive(Debug)]
pub struct InstanceConnections {
    open: AtomicUsize,
    /// Counts the endpoints it has had: connections to an earlier one are closed.
    moves: watch::Sender<u64>,
}

impl InstanceConnections {
    /// No connections yet.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(0), moves: watch::Sender::new(0) })
    }

    /// Upgraded connections at this moment.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// How often the instance has gone elsewhere so far: for [`left`](Self::left).
    pub(super) fn relocations(&self) -> u64 {
        *self.moves.borrow()
    }

    /// Resolves when the instance has gone, or gone elsewhere, since there were so many `moves`.
    pub(super) fn departed(&self, moves: u64) -> impl Future<Output = ()> + use<> {
        let mut following = self.moves.subscribe();
        async move {
            let _moved_or_gone = following.wait_for(|now| *now != moves).await;
        }
    }

    /// Ends every connection there is.
    pub(super) fn close_all(&self) {
        self.moves.send_modify(|count| *count += 1);
    }

    /// A connection of this instance and in `all`, if both have room.
    pub(super) fn enter(
        self: &Arc<Self>,
        all: &Arc<AtomicUsize>,
        each_limit: usize,
        all_limit: usize,
    ) -> Option<ConnectionGuard> {
        // Subscribed before anything is connected, so that no move is missed.
        let moves = self.moves.subscribe();
        take(all, all_limit)?;
        if take(&self.open, each_limit).is_none() {
            all.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(ConnectionGuard { line: Arc::clone(self), all: Arc::clone(all), moves, slot: None })
    }
}

fn take(count: &AtomicUsize, limit: usize) -> Option<usize> {
    let more = |open| (open < limit).then_some(open + 1);
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()
}

/// One open connection, counted until it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionGuard {
    line: Arc<InstanceConnections>,
    all: Arc<AtomicUsize>,
    moves: watch::Receiver<u64>,
    /// Its client's part.
    slot: Option<Slot>,
}

impl ConnectionGuard {
    /// The same, holding its client's part as well.
    pub(super) fn with(mut self, slot: Slot) -> Self {
        self.slot = Some(slot);
        self
    }

    /// Waits until the instance has gone, or gone elsewhere.
    pub(super) async fn moved(&mut self) {
        let _moved_or_gone = self.moves.changed().await;
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.line.open.fetch_sub(1, Ordering::Relaxed);
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}

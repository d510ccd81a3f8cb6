//! Copies of a volume at one moment.
use std::fmt::Debug;

use super::{Observed, Volume};
use crate::{InstanceId, Result, Timestamp, async_trait};

/// Names one snapshot: whose, and when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SnapshotName {
    /// Whose data it holds.
    pub of: InstanceId,
    /// When it was asked for.
    pub at: Timestamp,
}

/// A snapshot that is complete and has been read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: SnapshotName,
    /// Bytes it takes.
    pub size: u64,
}

/// Keeps copies of volumes. A host without backups uses [`NoSnapshots`](crate::null::NoSnapshots).
#[async_trait]
pub trait Snapshots: Debug + Send + Sync + 'static {
    /// Makes the snapshot `name` of the volume exist. A name that exists is never written again.
    ///
    /// An implementation that cannot copy a volume while a program works on it answers `Unavailable` as long as one does.
    ///
    /// *Answers*: `Pending`, `Ready`, `Broken`. *Dropped*: it may be half written and is then not listed; call again.
    ///
    /// # Errors
    ///
    /// `Exhausted`, `Unavailable`, `Forbidden`, `Unsupported`.
    async fn ensure(&self, name: &SnapshotName, of: &Volume) -> Result<Observed<Snapshot>>;

    /// Puts the data of `from` in the place of what `into` holds, all or nothing.
    ///
    /// *Answers*: `Pending`, `Ready`, `Broken`. *Dropped*: the old data stands, or the new; call again.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Exhausted`, `Unavailable` (as long as a program works on the volume, too), `Forbidden`, `Unsupported`,
    /// `Unexpected` (the snapshot is damaged; the old data stands).
    async fn restore(&self, from: &SnapshotName, into: &Volume) -> Result<Observed<Volume>>;

    /// Reads the snapshot `name` back, to its last byte, and compares what is read with what was written.
    ///
    /// Calls with the same `request` follow one reading. What a reading for another request came to is never the answer.
    ///
    /// *Answers*: `Absent` (there is none), `Pending`, `Ready` (it is whole), `Broken` (it is damaged). *Dropped*: call again;
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`, `Unsupported`.
    async fn verify(&self, name: &SnapshotName, request: &str) -> Result<Observed<Snapshot>>;

    /// Whether a volume can be copied while a program works on it, as one moment of it. Without that, an instance is held down
    /// while a snapshot of it is taken.
    fn copies_running(&self) -> bool {
        false
    }

    /// Whether there are snapshots here at all.
    fn is_supported(&self) -> bool {
        true
    }

    /// Destroys the snapshot `name`.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: it may be half removed and is then not listed; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`, `Unsupported`.
    async fn remove(&self, name: &SnapshotName) -> Result<Observed<Snapshot>>;

    /// Every complete snapshot of `of`, oldest first.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn list(&self, of: &InstanceId) -> Result<Vec<Snapshot>>;
}

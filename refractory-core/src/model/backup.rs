//! Backups: copies of the data of instances, as people know them.
use super::BackupRef;
use crate::{BackupId, InstanceId, Timestamp, UserId};

/// A complete copy of the data of one instance. It outlives the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Backup {
    /// Its name.
    pub id: BackupId,
    /// Whose data it holds.
    pub of: InstanceId,
    /// When it was asked for; together with the instance, that names its snapshot.
    pub at: Timestamp,
    /// The name that the instance had then.
    pub slug: String,
    /// What the instance was called then.
    pub title: String,
    /// Whose account asked for it; none for the deployment itself and for the prompt.
    pub requested_by: Option<UserId>,
    /// What they were called.
    pub requester: String,
    /// Bytes it takes.
    pub size: u64,
    /// When it was last read back, and what was found.
    pub check: Option<BackupCheck>,
    /// When its instance was deleted, if it was.
    pub orphaned: Option<Timestamp>,
    /// When a deletion of it was last given up; its retention counts from then on.
    #[cfg_attr(feature = "serde", serde(default))]
    pub deletion_failed: Option<Timestamp>,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

/// What reading a backup back came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BackupCheck {
    /// When it was read.
    pub at: Timestamp,
    /// What is wrong with it; none where it is whole.
    pub damage: Option<String>,
}

impl Backup {
    /// It, as an operation names it.
    pub fn reference(&self) -> BackupRef {
        BackupRef { id: self.id.clone(), of: self.of.clone(), at: self.at }
    }

    /// Since when it is kept for nobody: its instance was deleted, and no deletion of it failed later.
    pub fn retained_since(&self) -> Option<Timestamp> {
        self.orphaned.map(|orphaned| self.deletion_failed.unwrap_or(orphaned).max(orphaned))
    }

    /// Whether it is known to be damaged.
    pub fn is_damaged(&self) -> bool {
        self.check.as_ref().is_some_and(|check| check.damage.is_some())
    }
}

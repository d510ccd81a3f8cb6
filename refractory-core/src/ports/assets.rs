//! Where uploads go, when they do not go onto the volume.
use std::fmt::Debug;

use super::Observed;
use crate::{InstanceId, Result, Timestamp, async_trait};

/// A place for uploads that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetSpace {
    /// Whose it is.
    pub of: InstanceId,
    /// The provider's own handle, as the name of a bucket: a hint for people.
    pub handle: String,
}

/// Keeps uploads. One machine needs none and uses [`NoAssets`](crate::null::NoAssets).
#[async_trait]
pub trait AssetStore: Debug + Send + Sync + 'static {
    /// Makes the place of `of` exist. Never empties one that is there.
    ///
    /// *Answers*: `Pending`, `Ready`, `Broken`. *Dropped*: it may exist; call again.
    ///
    /// # Errors
    ///
    /// `Conflict` (somebody else's), `Exhausted`, `Unavailable`, `Forbidden`.
    async fn ensure(&self, of: &InstanceId) -> Result<Observed<AssetSpace>>;

    /// Destroys the place of `of` with everything in it. Only ever asked for an instance that should be gone.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: it may be half removed; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn remove(&self, of: &InstanceId) -> Result<Observed<AssetSpace>>;

    /// Replaces the key that programs of `of` reach their place with, unless it is of a later moment than `before`. The moment
    /// names the request: however often it is repeated, the key is replaced once.
    ///
    /// Launches get the new key from then on; the old one goes as soon as no launch has it any more, and the request is not
    /// `Ready` before that. Never makes a place, and never moves one.
    ///
    /// *Answers*: `Absent` (no place), `Pending`, `Ready`. *Dropped*: call again.
    ///
    /// # Errors
    ///
    /// `Unsupported` (places here have no keys), `Conflict` (somebody else's), `Unavailable`, `Forbidden`.
    async fn rotate(&self, of: &InstanceId, before: Timestamp) -> Result<Observed<AssetSpace>>;

    /// Whether programs reach their places with keys that can be replaced. Without them, [`rotate`](Self::rotate) is
    /// `Unsupported`.
    fn has_keys(&self) -> bool {
        true
    }

    /// Whose places there are.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn list(&self) -> Result<Vec<InstanceId>>;
}

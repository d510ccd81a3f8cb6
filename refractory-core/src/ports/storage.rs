//! Volumes: all the data of an instance.
use std::fmt::Debug;

use super::Observed;
use crate::model::Version;
use crate::{InstanceId, Result, async_trait};

/// What a volume should be like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct VolumeSpec {
    /// How many bytes it may hold; none for no limit.
    pub quota: Option<u64>,
    /// What is to work on it first: a hint, for a provider to which it matters whose the files are.
    pub release: Option<Version>,
}

impl VolumeSpec {
    /// The same after `change`: `VolumeSpec::default().with(|spec| spec.quota = Some(1 << 30))`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// How full a volume is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Usage {
    /// Bytes held.
    pub bytes: u64,
    /// Bytes allowed.
    pub quota: Option<u64>,
}

impl Usage {
    /// Whether nothing more fits.
    pub fn is_full(&self) -> bool {
        self.quota.is_some_and(|quota| self.bytes >= quota)
    }
}

/// A volume that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Whose it is.
    pub of: InstanceId,
    /// The provider's own handle: a hint for people, never needed to find it again.
    pub handle: String,
    /// How full it was when last measured, where that is known.
    pub usage: Option<Usage>,
}

/// Keeps the data of instances. Named by instance: a volume outlives every launch.
#[async_trait]
pub trait WorldStorage: Debug + Send + Sync + 'static {
    /// Makes the volume of `of` exist. Never empties or replaces one that is there.
    ///
    /// *Repeat*: a changed `spec` changes the quota and nothing else, whatever release it names.
    /// *Answers*: `Pending`, `Ready`, `Broken`. *Dropped*: it may exist; call again.
    ///
    /// # Errors
    ///
    /// `Invalid`, `Exhausted`, `Unavailable`, `Forbidden`.
    async fn ensure(&self, of: &InstanceId, spec: &VolumeSpec) -> Result<Observed<Volume>>;

    /// Looks at the volume of `of`.
    ///
    /// *Answers*: all. *Dropped*: nothing happened.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn observe(&self, of: &InstanceId) -> Result<Observed<Volume>>;

    /// Destroys the volume of `of`, and no other. Only ever asked for an instance that should be gone.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: it may be half removed; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn remove(&self, of: &InstanceId) -> Result<Observed<Volume>>;

    /// Whose volumes there are.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn list(&self) -> Result<Vec<InstanceId>>;
}

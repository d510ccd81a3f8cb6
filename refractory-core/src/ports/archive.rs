//! Release archives, kept by their content.
use std::fmt::Debug;
use std::path::PathBuf;

use crate::model::{Layout, Program, Version};
use crate::{ReleaseId, Result, async_trait};

/// Where an archive comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArchiveSource {
    /// A file on this machine. It is copied, not moved.
    File(PathBuf),
    /// A timed URL from the vendor's site. Only the hosts of the configuration are asked.
    Url(String),
}

/// What was read out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveInfo {
    /// The SHA-256 of its bytes.
    pub id: ReleaseId,
    /// What its `package.json` says.
    pub version: Version,
    /// Where the server sits.
    pub layout: Layout,
    /// What runs it.
    pub program: Program,
    /// The least major of Node.js it names.
    pub node_major: Option<u16>,
    /// Its bytes.
    pub size: u64,
}

/// Keeps release archives. An archive is stored whole or not at all.
#[async_trait]
pub trait Archives: Debug + Send + Sync + 'static {
    /// Reads, checks and stores an archive. Reads as long as the source takes: the one verb
    /// without a bound.
    ///
    /// *Repeat*: the same bytes are the same archive. *Dropped*: nothing is stored.
    ///
    /// # Errors
    ///
    /// `Invalid` (not Foundry, truncated, hostile, a host that is not allowed), `Exhausted` (no space), `Unavailable`, `Unsupported`.
    async fn add(&self, source: &ArchiveSource) -> Result<ArchiveInfo>;

    /// Removes an archive and what was unpacked from it; absent is fine.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn remove(&self, id: &ReleaseId) -> Result<()>;

    /// Every archive stored whole.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn list(&self) -> Result<Vec<ArchiveInfo>>;
}

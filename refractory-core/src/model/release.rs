//! Releases of Foundry, as stored here.
use super::Version;
use crate::{ReleaseId, Timestamp};

/// Where the server sits inside an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Layout {
    /// Under `resources/app/`: the Linux archives.
    Electron,
    /// At the root: the Node archives, from 13.338.
    Node,
}

impl Layout {
    /// The folder of the server inside the archive: empty, or ending in `/`.
    pub fn root(self) -> &'static str {
        match self {
            Self::Electron => "resources/app/",
            Self::Node => "",
        }
    }
}

/// What runs the server of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Program {
    /// Node.js of the right major.
    #[default]
    Node,
    /// The demo's stand-in: no Foundry, no license.
    Demo,
}

/// One archive, kept by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Release {
    /// The SHA-256 of the archive.
    pub id: ReleaseId,
    /// What its `package.json` says.
    pub version: Version,
    /// Where the server sits.
    pub layout: Layout,
    /// What runs it.
    pub program: Program,
    /// The least major of Node.js it names, where it names one.
    pub node_major: Option<u16>,
    /// Bytes of the archive.
    pub size: u64,
    /// When it was added.
    pub added: Timestamp,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

/// Which release an instance should run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum ReleaseChoice {
    /// The newest one stored when the instance was created; pinned at creation, never moved by itself.
    #[default]
    Newest,
    /// This version.
    Version(Version),
    /// This very archive.
    Exact(ReleaseId),
}

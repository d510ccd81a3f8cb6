//! What an instance waits for.
use std::time::Duration;

use super::{HoldReason, Named};
use crate::{InstanceId, LicenseId, Timestamp};

/// What an instance waits for. Front ends make the sentence from it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "for", rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Waiting {
    /// Every license that would serve is in use.
    License(LicenseWait),
    /// A program runs that no instance explains, and that may use any license.
    OrphanedProgram,
    /// The release is fetched or unpacked.
    Release,
    /// The program that runs Foundry is fetched.
    NodeJs,
    /// The program starts.
    ProgramStart,
    /// The program ends.
    ProgramStop,
    /// The world opens.
    WorldOpening,
    /// The data of the world is migrated to the present release.
    Migration,
    /// The world closes, so that its database is whole.
    WorldClosing,
    /// The data of the instance is deleted.
    VolumeRemoval,
    /// An operation keeps the instance down.
    Operation {
        /// Why.
        hold: HoldReason,
    },
    /// The instance goes down.
    InstanceOff,
    /// Another operation on the instance has to end.
    OtherOperation,
    /// A volume is made for the instance.
    VolumePreparation,
    /// Something that this version does not know.
    #[cfg_attr(feature = "serde", serde(other))]
    Other,
}

impl Waiting {
    /// The stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::License(_) => "license",
            Self::OrphanedProgram => "orphaned-program",
            Self::Release => "release",
            Self::NodeJs => "node-js",
            Self::ProgramStart => "program-start",
            Self::ProgramStop => "program-stop",
            Self::WorldOpening => "world-opening",
            Self::Migration => "migration",
            Self::WorldClosing => "world-closing",
            Self::VolumeRemoval => "volume-removal",
            Self::Operation { .. } => "operation",
            Self::InstanceOff => "instance-off",
            Self::OtherOperation => "other-operation",
            Self::VolumePreparation => "volume-preparation",
            Self::Other => "other",
        }
    }
}

/// The licenses that would serve, and when one may come free.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LicenseWait {
    /// Each of them.
    pub licenses: Vec<LicenseUse>,
    /// The place in the line: 1 where the next license that comes free is kept for this instance; none where that is not known.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub position: Option<u32>,
    /// How one comes free.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub outlook: Option<Outlook>,
}

/// How a license that would serve is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LicenseUse {
    /// The license.
    pub license: Named<LicenseId>,
    /// The instance that has it; none where it is kept for another one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub holder: Option<Named<InstanceId>>,
    /// Since when.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub since: Option<Timestamp>,
    /// What the holder is doing.
    pub activity: HolderActivity,
}

/// What an instance that has a license is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum HolderActivity {
    /// So many people play there.
    Players(u32),
    /// It is on, and no one has looked yet who plays.
    On,
    /// It is starting.
    Starting,
    /// It is stopping.
    Stopping,
    /// It is kept for another instance, which is to get it next.
    Reserved,
    /// The instance was deleted.
    Deleted,
    /// The record of the instance cannot be read.
    Damaged,
}

/// How a license comes free.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Outlook {
    /// No one plays at `from`: it hands its license over.
    HandOver {
        /// The instance that has it.
        from: Named<InstanceId>,
        /// In how long the hand-over begins.
        within: Duration,
        /// Whether no other license would serve.
        only: bool,
    },
    /// Only when someone stops `holder`, as players cannot be kept from joining it.
    WhenStopped {
        /// The instance that has it.
        holder: Named<InstanceId>,
    },
}

//! What an instance should be like.
use std::fmt;
use std::str::FromStr;

use super::{LicenseWish, ReleaseWish};
use crate::{Error, ErrorKind};

/// Why a text is not the id of a world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a world ID; use the name of the world's folder, with letters, digits, `-` and `_`"
)]
pub struct WorldIdError(String);

impl From<WorldIdError> for Error {
    fn from(error: WorldIdError) -> Self {
        let advice = error.to_string();
        Self::new(ErrorKind::Invalid, "reading the id of a world").advise(advice)
    }
}

/// The id of a Foundry world: the name of its folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct WorldId(String);

impl WorldId {
    /// Checks `raw`.
    pub fn new(raw: &str) -> Result<Self, WorldIdError> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if (1..=128).contains(&raw.len()) && raw.chars().all(legal) && !raw.starts_with('.') {
            Ok(Self(raw.to_owned()))
        } else {
            Err(WorldIdError(raw.chars().take(80).collect()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for WorldId {
    type Err = WorldIdError;
    fn from_str(raw: &str) -> Result<Self, WorldIdError> {
        Self::new(raw)
    }
}

impl TryFrom<String> for WorldId {
    type Error = WorldIdError;
    fn try_from(raw: String) -> Result<Self, WorldIdError> {
        Self::new(&raw)
    }
}

impl From<WorldId> for String {
    fn from(id: WorldId) -> Self {
        id.0
    }
}

/// How much of the machine an instance may use. `None` leaves it to the runtime.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Limits {
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Processor time in thousandths of one core.
    pub cpu_millis: Option<u32>,
    /// Disk space for all of its data, in bytes.
    pub disk: Option<u64>,
}

/// What an instance should be like. Changes take effect at its next launch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct InstanceSpec {
    /// What people call it; the slug where empty.
    pub title: String,
    /// Which release it runs.
    pub release: ReleaseWish,
    /// The world to open; none leaves Foundry in its setup.
    pub world: Option<WorldId>,
    /// Which licence it runs on.
    pub license: LicenseWish,
    /// How much of the machine it may use.
    pub limits: Limits,
    /// Foundry's language, as `en.core`; Foundry's default where `None`.
    pub language: Option<String>,
}

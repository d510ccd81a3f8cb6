//! Versions of Foundry.
use std::fmt;
use std::str::FromStr;

use crate::{Error, ErrorKind};

/// Why a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a Foundry version; use generation and build, such as `13.351`")]
pub struct VersionError(String);

impl From<VersionError> for Error {
    fn from(error: VersionError) -> Self {
        let advice = error.to_string();
        Self::new(ErrorKind::Invalid, "reading a version").advise(advice)
    }
}

/// A version of Foundry: generation and build, as `13.351`. Ordered as released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Version {
    /// The generation, as 13.
    pub generation: u16,
    /// The build, as 351; it counts on through generations.
    pub build: u32,
}

impl Version {
    /// A version from its two numbers.
    pub const fn new(generation: u16, build: u32) -> Self {
        Self { generation, build }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.generation, self.build)
    }
}

impl FromStr for Version {
    type Err = VersionError;
    fn from_str(raw: &str) -> Result<Self, VersionError> {
        let bad = || VersionError(raw.chars().take(40).collect());
        let (generation, build) = raw.trim().split_once('.').ok_or_else(bad)?;
        match (generation.parse(), build.parse()) {
            (Ok(generation), Ok(build)) if generation > 0 => Ok(Self { generation, build }),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;
    fn try_from(raw: String) -> Result<Self, VersionError> {
        raw.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_shown_and_ordered() {
        let older: Version = "9.280".parse().unwrap();
        let newer: Version = " 13.351 ".parse().unwrap();
        assert!(older < newer);
        assert_eq!(newer.to_string(), "13.351");
        for raw in ["", "13", "13.", ".1", "13.3.1", "v13.351", "0.1"] {
            assert!(raw.parse::<Version>().is_err(), "{raw}");
        }
    }
}

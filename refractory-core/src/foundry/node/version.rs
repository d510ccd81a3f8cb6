//! Versions of Node.js.
use std::fmt;
use std::str::FromStr;

/// A released version of Node.js, as `22.20.0`. Ordered as released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeVersion {
    /// The major, which is what programs ask for.
    pub major: u16,
    /// The minor.
    pub minor: u16,
    /// The patch.
    pub patch: u16,
}

impl fmt::Display for NodeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for NodeVersion {
    type Err = ();

    /// Reads `v22.20.0`, with or without the `v`. A release candidate is no released version.
    fn from_str(text: &str) -> Result<Self, ()> {
        let bare = text.trim().trim_start_matches('v');
        let mut parts = bare.split('.').map(|part| part.parse().map_err(drop));
        let mut next = || parts.next().unwrap_or(Err(()));
        let version = Self { major: next()?, minor: next()?, patch: next()? };
        if parts.next().is_some() { Err(()) } else { Ok(version) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn released_versions_are_read_and_ordered() {
        let newer: NodeVersion = "v22.20.0\n".parse().unwrap();
        assert!("9.11.2".parse::<NodeVersion>().unwrap() < newer);
        assert_eq!(newer.to_string(), "22.20.0");
        for text in ["", "v", "22", "22.1", "22.1.0-rc.1", "22.1.0.0", "a.b.c"] {
            assert!(text.parse::<NodeVersion>().is_err(), "{text}");
        }
    }
}

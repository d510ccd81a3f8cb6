//! Snowflakes.
use std::fmt;

/// The first millisecond of Discord's time.
const EPOCH: u64 = 1_420_070_400_000;

/// The id of anything: a snowflake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Id(pub u64);

impl Id {
    /// Reads what a path or a body holds.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// When it was made, in milliseconds since the Unix epoch.
    pub fn millis(self) -> u64 {
        (self.0 >> 22) + EPOCH
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl serde::Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Makes ids that grow with time and are never the same.
#[derive(Debug, Default)]
pub(crate) struct IdSource(u64);

impl IdSource {
    pub(crate) fn next(&mut self, now: u64) -> Id {
        self.0 = (now.saturating_sub(EPOCH) << 22).max(self.0 + 1);
        Id(self.0)
    }
}

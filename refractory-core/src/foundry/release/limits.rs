//! How much an archive may unpack to.

/// How much an archive may unpack to. The default leaves every release so far ten times its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries.
    pub entries: usize,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files together.
    pub total: u64,
    /// How many times larger than its packed form a file of more than a mebibyte may be.
    pub ratio: u64,
    /// How many times larger than their packed forms all files together may be, where they are more than 64 MiB.
    pub total_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 100_000, file: 1 << 30, total: 4 << 30, ratio: 200, total_ratio: 50 }
    }
}

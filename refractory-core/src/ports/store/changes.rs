//! What was written since.

/// How far the changes of a kind were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Position(pub u64);

impl Position {
    /// Before every change: reading from here tells of every record there is.
    pub const START: Self = Self(0);
}

/// A record that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: String,
    /// Its revision; none when it was deleted.
    pub revision: Option<u64>,
}

/// What was written since a position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// The last write of each record, in the order of writing. One may be told again later; its revision says that it is known.
    pub changes: Vec<Change>,
    /// Where to read on.
    pub next: Position,
    /// Whether there is more to read at once.
    pub more: bool,
    /// Whether so much time went by since the position that deletions may be missing: then only reading from
    /// [`Position::START`] tells which records there are. Nothing else is told with it.
    pub expired: bool,
}

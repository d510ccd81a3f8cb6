//! What errands run.

/// A program of an errand, in bash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// Removes everything in the volume.
    Clear,
    /// Copies the volume, piece by piece, reading each piece back.
    Copy,
    /// Puts a copy in the place of what the volume holds.
    Restore,
}

impl Script {
    /// The whole program. Its first argument is where the volume is mounted.
    pub(crate) fn text(self) -> String {
        let own = match self {
            Self::Clear => include_str!("clear.sh"),
            Self::Copy => {
                concat!(include_str!("talk.sh"), include_str!("swap.sh"), include_str!("copy.sh"))
            }
            Self::Restore => concat!(
                include_str!("talk.sh"),
                include_str!("swap.sh"),
                include_str!("restore.sh")
            ),
        };
        format!("{}{own}", include_str!("head.sh"))
    }
}

//! What SIGTERM does to an image.
use super::super::version::Version;

/// How the entry point treats the program when it is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopBehavior {
    /// A shell without a trap: it does not hear, and is killed when the time is over.
    IgnoresSignal,
    /// It passes the signal on, and ends without waiting: the program dies in the middle of its flush.
    ExitsAtOnce,
    /// It waits for the program.
    WaitsForProgram,
}

impl StopBehavior {
    /// That of the image for `version`.
    pub(super) fn of(version: Version) -> Self {
        if version < Version::new(11, 314) {
            Self::IgnoresSignal
        } else if version <= Version::new(14, 363) {
            Self::ExitsAtOnce
        } else {
            Self::WaitsForProgram
        }
    }
}

#[cfg(test)]
mod tests;

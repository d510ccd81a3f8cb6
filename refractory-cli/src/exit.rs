//! What the process answers when it ends: one table.
use std::process::ExitCode;

use refractory_core::ErrorKind;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It is done.
    Done,
    /// A defect, ours or somebody else's.
    Defect,
    /// It was asked for in a way that cannot work: arguments, configuration, a file.
    Invalid,
    /// What was asked about is not there.
    NotFound,
    /// Something else is in the way: a name that is taken, a folder in use.
    Conflict,
    /// It is not allowed.
    Forbidden,
    /// A limit was reached: licenses, space.
    Exhausted,
    /// Something does not answer, or no worker is alive.
    Unavailable,
    /// This installation does not offer it.
    Unsupported,
    /// Somebody has to do something: a table that was followed has a fault, a record is damaged, or the doctor found a problem.
    Attention,
    /// It was interrupted.
    Interrupted,
}

impl Exit {
    /// Every ending.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 11] = [
        Self::Done,
        Self::Defect,
        Self::Invalid,
        Self::NotFound,
        Self::Conflict,
        Self::Forbidden,
        Self::Exhausted,
        Self::Unavailable,
        Self::Unsupported,
        Self::Attention,
        Self::Interrupted,
    ];

    /// The number for it.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Defect => 1,
            Self::Invalid => 2,
            Self::NotFound => 3,
            Self::Conflict => 4,
            Self::Forbidden => 5,
            Self::Exhausted => 6,
            Self::Unavailable => 7,
            Self::Unsupported => 8,
            Self::Attention => 9,
            Self::Interrupted => 130,
        }
    }
}

impl From<ErrorKind> for Exit {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "kinds may be added; a new one is a defect until it is told apart here"
    )]
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Conflict | ErrorKind::Outdated => Self::Conflict,
            ErrorKind::Invalid => Self::Invalid,
            ErrorKind::Forbidden => Self::Forbidden,
            ErrorKind::Exhausted => Self::Exhausted,
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::Damaged => Self::Attention,
            _ => Self::Defect,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests;

//! What went wrong last, and what it means for the next attempt.
use super::Step;
use crate::{ErrorKind, Timestamp};

/// The last failure of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fault {
    /// The step that failed.
    pub step: Step,
    /// What went wrong.
    pub kind: ErrorKind,
    /// The sentence a person is shown.
    pub message: String,
    /// Failures in a row.
    pub attempts: u32,
    /// Not before this moment.
    pub retry_at: Timestamp,
    /// Given up: trying again cannot help.
    pub terminal: bool,
    /// The generation it was met in; a newer wish forgives it.
    pub generation: u64,
}

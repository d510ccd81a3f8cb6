//! What a stack's status means for what can be done next. Pure.

/// What a stack's status means for what can be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Footing {
    /// There is none, or one that was proposed and never made.
    Fresh,
    /// It stands and can be changed.
    Stands,
    /// Somebody changes it just now.
    Busy,
    /// It was never whole: all that can be done is to clear it away.
    Rubble,
    /// A change could not be undone by itself.
    Stuck,
    /// It was going to be taken away, and something held it.
    Leaving,
}

impl Footing {
    /// What `status` means for a stack that is empty or not.
    pub(super) fn of(status: &str, is_empty: bool) -> Self {
        match status {
            "" | "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE" => Self::Fresh,
            "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => Self::Rubble,
            // We import into a stack with nothing in it; somebody else may have imported into one that stands.
            "IMPORT_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_FAILED" if is_empty => Self::Rubble,
            "UPDATE_FAILED" | "UPDATE_ROLLBACK_FAILED" => Self::Stuck,
            "DELETE_FAILED" => Self::Leaving,
            busy if busy.ends_with("_IN_PROGRESS") => Self::Busy,
            _ => Self::Stands,
        }
    }
}

/// Whether a stack that ended in `status` ended as it was asked to.
pub(super) fn went_well(status: &str) -> bool {
    matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" | "DELETE_COMPLETE")
}

#[cfg(test)]
mod tests;

//! What a stack's status means for what can be done next. Pure.

/// What a stack's status means for what can be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StackState {
    /// There is none, or one that was proposed and never made.
    Absent,
    /// It stands and can be changed.
    Ready,
    /// An operation is in progress.
    Busy,
    /// It was never whole: all that can be done is to clear it away.
    Failed,
    /// The rollback of a change failed.
    Stuck,
    /// It was going to be taken away, and something held it.
    Deleting,
}

impl StackState {
    /// What `status` means for a stack that is empty or not.
    pub(super) fn of(status: &str, is_empty: bool) -> Self {
        match status {
            "" | "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE" => Self::Absent,
            "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" => Self::Failed,
            // We import into a stack with nothing in it; an operator may have imported into an existing one.
            "IMPORT_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_FAILED" if is_empty => Self::Failed,
            "UPDATE_FAILED" | "UPDATE_ROLLBACK_FAILED" => Self::Stuck,
            "DELETE_FAILED" => Self::Deleting,
            busy if busy.ends_with("_IN_PROGRESS") => Self::Busy,
            _ => Self::Ready,
        }
    }
}

/// Whether a stack that ended in `status` ended as it was asked to.
pub(super) fn succeeded(status: &str) -> bool {
    matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" | "DELETE_COMPLETE")
}

#[cfg(test)]
mod tests;

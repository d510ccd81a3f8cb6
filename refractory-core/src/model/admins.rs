//! The record that every change which ends an administrator goes through.
use super::Role;
use crate::UserId;

/// Serializes the changes that end an administrator: demoting, disabling and removing one.
///
/// There is one such record. A change is first written down here, by compare-and-swap, and only then made; the next one
/// finishes what it finds. So whoever counts the administrators that would be left counts what nobody else is changing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AdminGuard {
    /// Always [`AdminGuard::ID`].
    pub id: String,
    /// The change in hand; it may have been made already.
    pub pending: Option<AdminChange>,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

/// One change that ends an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AdminChange {
    /// The administrator.
    pub user: UserId,
    /// The revision of the account that the change is made to; of any other it is void.
    pub revision: u64,
    /// The role the account has afterward; none when it is removed or disabled.
    pub becomes: Option<Role>,
    /// Whether it is disabled, and not removed.
    #[cfg_attr(feature = "serde", serde(default))]
    pub disables: bool,
}

impl AdminGuard {
    /// The id of the one record.
    pub const ID: &'static str = "admins";

    /// The record before any change.
    pub fn fresh() -> Self {
        Self { id: Self::ID.to_owned(), pending: None, revision: 0 }
    }
}

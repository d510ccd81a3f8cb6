//! The administrator's password of a deleted instance, kept for the next one of its name.
use super::{Instance, Slug};
use crate::{InstanceId, SecretName, Timestamp, UserId};

/// Where the administrator's password of a deleted instance lies in the vault.
///
/// An instance that the same owner creates under the same name gets it back, as long as
/// [`WorkerOptions::admin_key_retention`](crate::WorkerOptions::admin_key_retention) says. There is at most one for each owner and name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RetainedAdminKey {
    /// The deleted instance.
    pub id: InstanceId,
    /// The name it had.
    pub slug: Slug,
    /// The user who owned it.
    pub owner: Option<UserId>,
    /// The name of the secret in the vault.
    pub secret: SecretName,
    /// When the instance was deleted.
    pub deleted: Timestamp,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl RetainedAdminKey {
    /// The record for `instance`, whose password is kept under `secret`, deleted at `deleted`.
    pub fn of(instance: &Instance, secret: SecretName, deleted: Timestamp) -> Self {
        let Instance { id, slug, owner, .. } = instance.clone();
        Self { id, slug, owner, secret, deleted, revision: 0 }
    }
}

//! Which deployment a store belongs to.
use crate::{DeploymentId, Timestamp};

/// The mark of a deployment in its store: what lies beside the store, as a data folder, has the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DeploymentMark {
    /// The deployment.
    pub id: DeploymentId,
    /// When the store was marked.
    pub marked: Timestamp,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

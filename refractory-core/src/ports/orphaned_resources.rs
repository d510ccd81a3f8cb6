//! What a crash may leave with a provider, and no other port would find again.
use std::fmt::Debug;

use super::Observed;
use crate::{InstanceId, Result, async_trait};

/// Something of this deployment that belongs to an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrphanedResource {
    /// The provider's own name for it, as an ARN.
    pub name: String,
    /// Whose it is, or was.
    pub of: InstanceId,
    /// What it is, as one fragment for people: `the secret club/table/4fjx…`.
    pub what: String,
    /// What it costs a month, in thousandths of a US dollar at list price; none where that depends on use.
    pub monthly_mills: Option<u32>,
}

/// Finds what belongs to instances beside launches, data, uploads, names and leases.
///
/// The other ports make such things on their way, as a secret that launches read, and keep them from one launch to the
/// next. They go last, just before the row does. And this is the net beneath: the sweep asks for what belongs to
/// no row; it is told, and much later removed.
#[async_trait]
pub trait OrphanedResources: Debug + Send + Sync + 'static {
    /// Everything of this deployment that belongs to some instance, whether that is still there or not.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn list(&self) -> Result<Vec<OrphanedResource>>;

    /// Removes everything of this kind that belongs to `of`, and nothing else. Only ever asked for an instance of
    /// which nothing else is left, or that has no row.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: some of it may be gone; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn remove(&self, of: &InstanceId) -> Result<Observed<()>>;
}

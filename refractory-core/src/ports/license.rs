//! Licenses: one key, one reachable instance.
use std::fmt::Debug;

use super::Observed;
use crate::model::{Lease, LicenseChoice};
use crate::{InstanceId, LicenseId, Result, Secret, async_trait};

/// A lease that was granted, with what it opens.
#[derive(Debug, Clone, PartialEq)]
pub struct Granted {
    /// The lease.
    pub lease: Lease,
    /// The key itself.
    pub key: Secret,
    /// Whether a person has accepted the license agreement for it.
    pub eula_accepted: bool,
}

/// Leases licenses by compare-and-swap.
///
/// A license has one holder at most, and an instance holds one license at most. The caller returns
/// a lease only when the machine that used it is known to be gone.
#[async_trait]
pub trait LicensePool: Debug + Send + Sync + 'static {
    /// Leases a license to `owner`.
    ///
    /// *Repeat*: the same owner keeps the same lease, even if it now wants another.
    /// *Answers*: `Ready`; `Pending` while another holds it, with progress that names the holder.
    /// *Dropped*: it may be leased; call again.
    ///
    /// # Errors
    ///
    /// `NotFound` (there is no license, or not that one), `Unavailable`.
    async fn ensure(&self, owner: &InstanceId, choice: &LicenseChoice)
    -> Result<Observed<Granted>>;

    /// Looks at what `owner` holds, changing nothing.
    ///
    /// *Answers*: `Absent`, `Ready`. *Dropped*: nothing happened.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn observe(&self, owner: &InstanceId) -> Result<Observed<Granted>>;

    /// Takes back whatever `owner` holds or has reserved.
    ///
    /// *Answers*: `Absent`. *Dropped*: it may be returned; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn remove(&self, owner: &InstanceId) -> Result<Observed<Granted>>;

    /// Every license, with its holder.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn list(&self) -> Result<Vec<(LicenseId, Option<InstanceId>)>>;
}

//! Public names.
use std::fmt::Debug;

use super::{Endpoint, Observed};
use crate::model::Hostname;
use crate::{InstanceId, Result, async_trait};

/// A name and where it should lead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameRecord {
    /// The name.
    pub name: Hostname,
    /// Where it leads.
    pub target: Endpoint,
}

impl NameRecord {
    /// A record that has `name` lead to `target`.
    pub fn new(name: Hostname, target: Endpoint) -> Self {
        Self { name, target }
    }
}

/// Gives instances their names. Where the edge answers for a whole domain, [`NoDns`](crate::null::NoDns) does.
#[async_trait]
pub trait DnsZone: Debug + Send + Sync + 'static {
    /// Makes the name lead there, replacing a record of the same owner.
    ///
    /// *Answers*: `Pending`, `Ready`. *Dropped*: it may be written; call again.
    ///
    /// # Errors
    ///
    /// `Conflict` (the name is somebody else's), `Invalid`, `Unavailable`, `Forbidden`.
    async fn ensure(&self, owner: &InstanceId, record: &NameRecord) -> Result<Observed<Hostname>>;

    /// Takes the name away if it is `owner`'s.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: it may be gone; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn remove(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>>;

    /// Every name of this deployment, with its owner.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn list(&self) -> Result<Vec<(Hostname, InstanceId)>>;

    /// Whether names lead to instances without passing the edge, which can then keep nobody out: no table with such a
    /// name is ever asked to make room for another.
    fn bypasses_proxy(&self) -> bool {
        false
    }
}

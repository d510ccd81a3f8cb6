//! Public names: records of a hosted zone, and rules of a load balancer.
//!
//! [`Route53Zone`] gives each table that is on its own record, all pointing to the load balancer; the edge behind
//! it routes by name. [`LoadBalancerNames`] needs no edge: the load balancer itself sends each name to its table, which
//! ends at about a hundred of them.
mod balancer;
mod batch;
mod listener;
mod marker;
mod pending_changes;
mod rate_limiter;
mod record;
mod restricted_paths;
mod target_group;
mod zone;

pub use balancer::LoadBalancerNames;
pub(crate) use batch::MAX_CHANGES as CHANGES_AT_ONCE;
pub(crate) use record::RECORDS_EACH;
pub(crate) use restricted_paths::RULES as RULES_OF_DOORS;
pub use zone::Route53Zone;

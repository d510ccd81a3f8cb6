//! Public names: records of a hosted zone, and rules of a load balancer.
//!
//! [`Route53Zone`] gives each table that is on a record of its own, all leading to the load balancer; the edge behind
//! it tells them apart. [`BalancerNames`] needs no edge: the load balancer itself sends each name to its table, which
//! ends at about a hundred of them.
mod balancer;
mod batch;
mod doors;
mod group;
mod marker;
mod memory;
mod pace;
mod priority;
mod record;
mod zone;

pub use balancer::BalancerNames;
pub(crate) use batch::MOST as CHANGES_AT_ONCE;
pub(crate) use doors::RULES as RULES_OF_DOORS;
pub(crate) use record::RECORDS_EACH;
pub use zone::Route53Zone;

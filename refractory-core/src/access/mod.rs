//! What a principal may do: one pure table, asked by the handle, lists, streams, the API and the edge alike.
//!
//! A [`Principal`](crate::model::Principal) carries its role and its groups, resolved once when the handle makes it from a
//! credential; nothing here asks the store.
mod rights;
mod scopes;
mod verb;
mod visible;

#[cfg(feature = "accounts")]
pub(crate) use rights::check_group;
pub use rights::{Rights, can, check_role, may};
pub(crate) use rights::{check, check_reading, check_view, no_such_instance};
pub(crate) use scopes::{check_scope, has_scope};
pub use verb::{Requirement, Verb};
pub(crate) use visible::{Partition, partitions};

#[cfg(test)]
mod tests;

//! Access to Foundry's restricted paths.
mod join;
mod path_access;

pub(super) use join::{JoinDecision, decide_join};
pub(super) use path_access::opens_session;
pub use path_access::{PathAccess, path_access};

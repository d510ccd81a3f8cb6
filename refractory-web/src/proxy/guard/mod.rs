//! Foundry's own doors: which of them a browser may open.
mod door;
mod join;

pub(super) use door::opens_session;
pub use door::{Door, door};
pub(super) use join::{Verdict, judge};

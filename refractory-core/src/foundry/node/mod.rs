//! Node.js: which one a generation runs on, where it is, and how to get it.
mod pairs;

pub use pairs::{least_major, proven_majors};

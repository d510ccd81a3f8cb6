//! Node.js: which one a generation runs on, where it is, and how to get it.
mod fetch;
mod find;
mod npmrc;
mod pairs;
mod survey;
mod version;

pub use find::{NodeFinder, NodeOptions, is_proven};
pub use npmrc::registry_in;
pub use pairs::{least_major, proven_majors};
pub use survey::{FoundNode, Origin};
pub use version::NodeVersion;

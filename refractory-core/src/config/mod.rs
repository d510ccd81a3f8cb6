//! Configuration: sections that say what they hold, and the loader that reads them.
//!
//! A [`Section`] is a serde struct with a name and a sentence for each key. Libraries take such structs;
//! only a binary collects [`Sources`]: one file, the environment, flags, each over the one before. A [`Schema`]
//! reads them into [`Settings`], or says all that is wrong with them at once.
mod backend;
mod complaint;
mod core_section;
mod example;
mod loader;
mod nearest;
mod schema;
mod section;
mod settings;
mod size;
mod sources;
mod span;
mod store_section;
mod values;

pub use backend::{Backend, Base, pick};
pub use complaint::{Complaint, Complaints};
pub use core_section::CoreConfig;
pub use loader::Loader;
pub use schema::Schema;
pub use section::{Doc, Section, fields};
pub use settings::{Settings, Shown};
pub use size::Size;
pub use sources::Sources;
pub use span::Span;
pub use store_section::StoreConfig;

//! Configuration: sections that say what they hold, and the loader that reads them.
//!
//! A [`Section`] is a serde struct with a name and a sentence for each key. Libraries take such structs;
//! only a binary reads files, environment and flags.
mod complaint;
mod section;
mod size;
mod span;

pub use complaint::Complaint;
pub use section::{Doc, Section, fields};
pub use size::Size;
pub use span::Span;

//! Volumes as folders.
mod discard;
mod measure;
mod note;
mod snapshots;
mod storage;
#[cfg(test)]
mod tests;
mod trash;

pub(super) use measure::Measure;
use measure::bytes_under;
use note::{NOTE, Note};
pub use snapshots::FolderSnapshots;
pub use storage::FolderStorage;
pub(super) use storage::full;
use trash::Trash;

//! Volumes as folders.
mod discard;
mod measure;
mod storage;
#[cfg(test)]
mod tests;

pub(super) use measure::Measure;
pub use storage::FolderStorage;
pub(super) use storage::full;

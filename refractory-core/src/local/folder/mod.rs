//! Volumes as folders.
mod discard;
mod measure;
mod storage;
#[cfg(test)]
mod tests;

use measure::Measure;
pub use storage::FolderStorage;

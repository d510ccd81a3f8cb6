//! What programs print, in files that outlive every process of ours.
mod files;
mod read;
#[cfg(test)]
mod tests;

pub(super) use files::{LogFiles, Place, PrintMark};
pub use read::FolderLogs;

//! Release archives made in memory: sound ones, and ones no installer may trust.
mod hostile;
mod raw;
mod release;
mod writer;

pub use hostile::Hostile;
pub use release::{Layout, demo_zip, release_zip};

//! Release archives: the zip is the authoritative artifact.
mod contents;
mod entries;
mod limits;
mod names;
mod other_files;
mod refusal;
mod repack;
#[cfg(test)]
mod sample;
mod unpack;

pub use contents::{Contents, inspect, read_archive};
pub use limits::Limits;
pub use refusal::Refusal;
#[cfg(feature = "local")]
pub(crate) use repack::check_is_file;
pub use repack::repack_archive;
pub use unpack::{Unpacking, is_unpacked, unpack};

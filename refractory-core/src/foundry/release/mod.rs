//! Release archives: the zip is the authoritative artifact.
mod contents;
mod entries;
mod limits;
mod refusal;
#[cfg(test)]
mod sample;
mod unpack;

pub use contents::{Contents, inspect, read_archive};
pub use limits::Limits;
pub use refusal::Refusal;
pub use unpack::{Unpacking, is_unpacked, unpack};

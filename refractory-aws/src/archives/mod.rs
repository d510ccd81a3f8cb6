//! Release archives in S3.
//!
//! An archive is one object, `releases/{sha256}`, and what was read out of it stands in the object's own metadata: both are
//! there, or neither. S3 makes an object visible when its last byte has arrived.
mod card;
mod store;
mod upload;

pub use store::S3Archives;

//! Snapshots in S3.
//!
//! A snapshot is a volume packed as `tar` and `gzip`, cut into numbered pieces, and a manifest that says which pieces and
//! what their checksums are. The manifest is written last: what has none is no snapshot.
//!
//! | Key | What it is |
//! |---|---|
//! | `snapshots/{instance}/{moment}.json` | the manifest |
//! | `snapshots/{instance}/{moment}/{attempt}/{number}` | a piece |
//! | `snapshots/{instance}/{moment}/{attempt}/report` | the report of a job that has written all pieces and read them back |
//! | `snapshots/{instance}/restoring` | a restore that has begun and is not finished |
//!
//! The work is done by a job beside the data. It has no permission on the bucket: it is given signed addresses, which let
//! it write the pieces of this one attempt, or read those of this one snapshot, for some hours.
mod bucket;
mod copy;
mod job_input;
mod keys;
mod manifest;
mod restore;
mod store;
mod stream;
#[cfg(test)]
mod tests;
mod verify;

pub use store::S3Snapshots;

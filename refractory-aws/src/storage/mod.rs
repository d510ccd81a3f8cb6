//! Volumes on EFS.
//!
//! A volume is an access point: a folder of its own, that whoever mounts it sees as the root and cannot leave, with the
//! user that owns what is in it. Access points cost nothing, so one for each table is no luxury. What has to be done inside
//! a volume - emptying, measuring, copying - is done by an errand: a short task that mounts that one access point, so that
//! no mistake in what it runs can reach another table's data.
mod efs;
pub(crate) mod errand;
mod point;
mod points;
mod removal;

pub use efs::EfsStorage;

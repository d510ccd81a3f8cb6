//! Volumes on EFS.
//!
//! A volume is an access point: a folder that a task mounts as the root and cannot leave, with the
//! user that owns what is in it. Access points cost nothing, so one for each table is no luxury. What has to be done inside
//! a volume - emptying, measuring, copying - is done by a job: a short task that mounts that one access point, so that
//! no mistake in what it runs can reach another table's data.
mod access_point;
mod access_points;
mod efs;
pub(crate) mod job;
mod removal;

pub use efs::EfsStorage;

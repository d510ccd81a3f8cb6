//! Jobs: short tasks that do one thing inside one volume.
//!
//! A job mounts the access point of one volume and nothing else, and ends. What it was asked for stands in its tags, so
//! that the next call - in this process or another one - knows what runs, what has ended, and how. One job works on a
//! volume at a time.
mod definition;
mod history;
mod tasks;
#[cfg(test)]
mod tests;

pub(crate) use definition::{EcsJob, Script};
pub(crate) use history::{JobHistory, NextAction};
pub(crate) use tasks::EcsJobs;

//! Errands: short tasks that do one thing inside one volume.
//!
//! An errand mounts the access point of one volume and nothing else, and ends. What it was asked for stands in its tags, so
//! that whoever looks next - this process or another one - knows what runs, what has ended, and how. One errand works on a
//! volume at a time.
mod definition;
mod script;
mod standing;
mod tasks;
#[cfg(test)]
mod tests;

pub(crate) use script::Script;
pub(crate) use standing::{Next, Standing};
pub(crate) use tasks::{Errand, Errands};

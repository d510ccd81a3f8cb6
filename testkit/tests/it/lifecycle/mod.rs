//! Lives of instances in a world, with trouble.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
mod house;
mod lives;

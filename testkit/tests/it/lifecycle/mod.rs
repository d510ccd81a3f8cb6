//! Lives of instances in a world, with trouble.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
mod admin_keys;
mod changes;
mod clocks;
mod closing;
mod damaged;
mod dice;
mod following;
mod handover;
mod house;
mod interleavings;
mod keys;
mod lives;
mod operations;
mod operations_matrix;
mod scenarios;
mod speed;
mod sweeps;

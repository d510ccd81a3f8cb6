//! Lives of instances in a world, with trouble.
mod house;
mod lives;

//! The game control for the real program, generations 9 to 14.
mod admin;
mod close;
mod closing;
mod game;
mod join;
mod launch;
mod license;
mod memory;
mod open;
mod seats;
mod setup;
mod talk;

pub use game::FoundryControl;
pub use seats::{Seat, Seats};

//! Running the stand-in from a test: as its own process, or on a thread of the test's.
mod child;
mod launch;
mod running;
mod thread;

pub use child::{executable, image_executable};
pub use launch::Launch;
pub use running::{READY, StandIn};

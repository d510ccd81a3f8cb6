//! A whole cloud in memory, with rules of the house that are checked at each effect.
mod call;
mod data;
mod dns;
mod door;
mod files;
mod game;
mod invariants;
mod leaks;
mod machines;
mod remains;
mod settings;
mod state;
mod store;

pub use settings::WorldSettings;
pub use state::World;
pub use store::Backup;

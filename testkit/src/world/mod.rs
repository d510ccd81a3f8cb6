//! A whole cloud in memory, with rules of the house that are checked at each effect.
mod call;
mod data;
mod door;
mod edge;
mod files;
mod game;
mod knobs;
mod ledger;
mod left;
mod machines;
mod remains;
mod rows;
mod rules;

pub use knobs::Knobs;
pub use ledger::World;
pub use rows::Backup;

//! Putting a deployment together from what the configuration says.
mod desk;
mod folder;
mod known;
mod station;
mod store;
mod whereabouts;

pub(crate) use desk::Desk;
pub(crate) use folder::open_folder;
pub(crate) use known::{Backends, backends, search};
pub(crate) use station::{Station, build, connect};
pub(crate) use store::open_store;
pub(crate) use whereabouts::Whereabouts;

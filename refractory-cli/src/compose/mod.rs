//! Putting a deployment together from what the configuration says.
mod desk;
mod folder;
mod known;
mod station;
mod whereabouts;

pub(crate) use desk::Desk;
pub(crate) use folder::open_folder;
pub(crate) use known::{Backends, backends, environment, registry, search};
pub(crate) use station::{Station, connect};
pub(crate) use whereabouts::{Whereabouts, start_of};

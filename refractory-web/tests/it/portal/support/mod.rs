//! A deployment in memory, a portal on it, and a browser without a window.
mod browser;
mod deaf_store;
mod place;
mod stands;

pub(crate) use browser::{Answer, Browser};
pub(crate) use deaf_store::DeafStore;
pub(crate) use place::Place;
#[cfg(feature = "lambda")]
pub(crate) use place::hasher;
pub(crate) use stands::{PlainAuth, SharedStore};

//! The portal over real HTTP, on a deployment in memory.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test cannot go on without may end it"
)]
mod access;
mod api;
mod audit;
mod backups;
mod bounds;
mod browser;
mod by_path;
mod contract;
mod credentials;
mod crowds;
mod doors;
mod entering;
mod foundry_setup;
mod groups;
mod hosts;
mod ids;
mod listening;
mod methods;
mod rights;
mod scale;
mod streams;
mod support;
mod tables;
mod throttles;
mod tokens;
mod uploads;

#[cfg(feature = "bin")]
pub(crate) use support::Browser;
#[cfg(feature = "lambda")]
pub(crate) use support::{Place, hasher};

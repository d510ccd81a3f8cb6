//! The HTTP surface.
mod admin;
mod auth;
mod dispatch;
mod files;
mod join;
mod license;
mod probes;
mod setup;
mod status;
mod worlds;

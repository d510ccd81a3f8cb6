//! The program as people and other programs meet it: processes, sockets, exit codes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "what holds up a test has failed it, and real processes keep real time"
)]
mod access;
mod api;
#[cfg(feature = "aws")]
mod aws;
mod backup;
mod belonging;
mod beside;
mod config;
mod containers;
mod crowd;
mod damaged;
mod disk;
mod edit;
mod first_world;
mod help;
mod house;
mod http;
#[cfg(feature = "aws")]
mod infra;
mod inputs;
mod life;
mod pipes;
mod playing;
#[cfg(feature = "aws")]
mod service;
mod survival;
mod table_backups;
mod trouble;

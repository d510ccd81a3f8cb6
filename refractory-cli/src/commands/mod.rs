//! One file for each command.
mod admin_key;
mod backup;
mod config;
#[cfg(feature = "demo")]
mod demo;
mod deployment;
mod doctor;
mod event;
mod follow;
mod group;
#[cfg(feature = "aws")]
mod infra;
mod instance;
mod license;
mod link;
mod logs;
mod operation;
mod record;
mod release;
mod run;
mod token;
mod unit;
mod up;
mod user;
mod worker;

pub(crate) use run::run;

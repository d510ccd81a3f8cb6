//! Composition: from the configuration to a deployment.
mod app;
mod backends;
mod context;
#[cfg(feature = "demo")]
mod demo_program;
mod runtime_info;

pub(crate) use app::{App, connect, open_folder};
pub(crate) use backends::{Backends, backends, environment, npm_registry, search_path};
pub(crate) use context::CliContext;
#[cfg(feature = "demo")]
pub(crate) use demo_program::run_demo_table;
pub(crate) use runtime_info::{RuntimeInfo, process_start};

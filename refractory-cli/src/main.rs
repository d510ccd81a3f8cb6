//! Refractory in one process, and every verb at the prompt.
mod args;
mod commands;
mod compose;
mod exit;
mod input;
mod logging;
mod output;
mod signals;

use std::process::ExitCode;

use clap::Parser;

/// Gives back what thousands of clients needed once they have gone; the system's own keeps most of it.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    #[cfg(feature = "demo")]
    if let Some(end) = compose::run_demo_table() {
        return end;
    }
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::report_usage(&error),
    };
    logging::begin(&cli);
    commands::run(cli, compose::backends())
}

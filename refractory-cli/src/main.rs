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

fn main() -> ExitCode {
    #[cfg(feature = "demo")]
    if let Some(end) = commands::be_a_table() {
        return end;
    }
    let cli = args::Cli::parse();
    logging::begin(&cli);
    commands::run(cli, compose::backends())
}

//! The log: on standard error, as `REFRACTORY_LOG` filters it.
use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Command, LogFormat};

/// The variable that says what is logged.
const VARIABLE: &str = "REFRACTORY_LOG";

/// Begins to log. `up` tells what happens; a verb at the prompt only what goes wrong.
pub(crate) fn begin(cli: &Cli) {
    let usual = match (&cli.command, cli.global.verbose) {
        (Command::Up(_), false) => "warn,refractory=info,refractory_core=info,refractory_web=info",
        (Command::Up(_), true) => {
            "info,refractory=debug,refractory_core=debug,refractory_web=debug"
        }
        (_, true) => "info",
        // An entry that the audit log lacks is told nowhere else.
        (_, false) => "off,refractory_core::service::events=error",
    };
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // It would be told on standard error, with a panic where that is closed.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    match cli.global.log_format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
}

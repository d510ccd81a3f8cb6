//! Takes the place of the image `felddy/foundryvtt`. See `testkit::foundry::felddy`.
use std::process::ExitCode;

use rustix::process::{Signal, set_parent_process_death_signal};
use testkit::foundry::felddy::{NODE, entrypoint};
use testkit::foundry::{StandInEnv, run};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.peek().is_none_or(|first| first != NODE) {
        return entrypoint(std::env::vars_os());
    }
    // Nothing in a container outlives its first process.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    run(arguments.skip(1), &StandInEnv::from_vars(std::env::vars_os()))
}

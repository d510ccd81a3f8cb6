//! Takes node's place and plays Foundry. See `testkit::foundry`.
use std::process::ExitCode;

use testkit::foundry::{StandInEnv, run};

fn main() -> ExitCode {
    run(std::env::args_os().skip(1), &StandInEnv::from_vars(std::env::vars_os()))
}

//! This executable as the program of a demo table.
use std::process::ExitCode;

use refractory_core::local::DemoProgram;
use testkit::foundry::StandInEnv;

/// The word that makes this executable the program of a demo table. Not a command for users.
const WORD: &str = "demo-table";

/// Runs the program of a demo table until it ends, if this process was started for that.
pub(crate) fn run_demo_table() -> Option<ExitCode> {
    let mut line = std::env::args_os().skip(1);
    let meant = line.next().is_some_and(|word| word == WORD);
    meant.then(|| testkit::foundry::run(line, &StandInEnv::from_vars(std::env::vars_os())))
}

/// This very executable, as the program of a demo table.
pub(crate) fn demo_program() -> Option<DemoProgram> {
    let program = std::env::current_exe().ok()?;
    Some(DemoProgram { program, before: vec![WORD.into()] })
}

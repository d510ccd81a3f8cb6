//! Holds the game control against a real release of Foundry, clause by clause, so that the stand-in's
//! truth can be checked by owners of a license.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a table is what it is for")]
use std::process::ExitCode;

use testkit::foundry::check::{CheckOptions, USAGE, check};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let order = match CheckOptions::read(std::env::args().skip(1)) {
        Ok(order) => order,
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    // A failed clause says why in the table.
    std::panic::set_hook(Box::new(|_| ()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    match check(&order, std::env::split_paths(&path).collect(), |line| println!("{line}")).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{}", error.for_people());
            ExitCode::from(2)
        }
    }
}

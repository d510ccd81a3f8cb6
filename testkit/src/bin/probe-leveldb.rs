//! Tries out whether a folder can carry the databases of a world: `probe-leveldb FOLDER`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a table is what it is for")]
use std::path::Path;
use std::process::{Command, ExitCode};

use testkit::probe::{level_db, opens};

const USAGE: &str = "Usage: probe-leveldb FOLDER";

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    match &words[..] {
        [folder] => probe(Path::new(folder)),
        // What this program runs itself as, to be the second one.
        [verb, place] if verb == "--intrude" => ExitCode::from(u8::from(opens(Path::new(place)))),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn probe(folder: &Path) -> ExitCode {
    let intrude = |place: &Path| {
        let me = std::env::current_exe()
            .and_then(|me| Command::new(me).arg("--intrude").arg(place).status());
        // Not being able to try is as bad as getting in.
        !me.is_ok_and(|status| status.success())
    };
    match level_db(folder, intrude) {
        Ok(steps) => {
            for step in steps {
                println!("{:>9.1} ms  {}", step.took.as_secs_f64() * 1000.0, step.name);
            }
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("This folder cannot carry the databases of a world: {why}.");
            ExitCode::from(1)
        }
    }
}

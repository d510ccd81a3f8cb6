//! The program's life, from the command line to the exit status.
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::args::{Args, CommandLine};
use super::behaviour::ExitKind;
use super::console::{Console, Output};
use super::exit::ExitReason;
use super::folder::DataFolder;
use super::lock::Lock;
use super::play::play;
use super::program::Program;
use super::state::FoundryState;
use super::stop_request::StopRequests;
use super::switches::{StandInEnv, Switches};
use super::version::Version;

/// Runs the stand-in until it ends. `args` is the command line without the executable's own name.
///
/// Owns its runtime, speaks on standard output, reads no environment but `env`.
pub fn run(args: impl Iterator<Item = OsString>, env: &StandInEnv) -> ExitCode {
    let args = match CommandLine::read(args) {
        Ok(CommandLine::NodeVersion) => return print_node_version(env),
        Ok(CommandLine::Program(args)) => args,
        Err(why) => return fail(&why),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => return fail(&format!("the runtime does not start: {why}")),
    };
    let outcome = runtime.block_on(async {
        let orders = StopRequests::signals().map_err(|why| format!("no signals: {why}"))?;
        live(&args, env, Output::Stdout, orders).await
    });
    runtime.shutdown_background();
    match outcome {
        Ok(death) => die(death),
        Err(why) => fail(&why),
    }
}

/// Lives a whole life; `Err` is what the program says on standard error.
pub(super) async fn live(
    args: &Args,
    env: &StandInEnv,
    voice: Output,
    orders: StopRequests,
) -> Result<ExitKind, String> {
    let program = Program::beside(&args.script)?;
    let folder = data_folder(args, env)?;
    let switches = Switches::new(env, folder.root())?;
    let node = switches.now().node.clone();
    let node = node.unwrap_or_else(|| program.version.fitting_node().to_owned());
    if let Some(refusal) = program.refusal_of_node(&node) {
        return Err(refusal);
    }
    folder.prepare().map_err(|why| format!("the data folder cannot be used: {why}"))?;
    let console = Console::new(voice, &folder.logs());
    introduce(&console, &program, &folder, &node);
    let behaviour = switches.now();
    let mut lock = match Lock::take(folder.lock(), behaviour.lock_stale) {
        Ok(lock) => lock,
        Err(why) => {
            console.error(why);
            return Ok(ExitKind::Exit(1));
        }
    };
    let outcome = match FoundryState::new(program, folder, args, console, switches) {
        Ok(table) => Ok(play(&Arc::new(table), &mut lock, orders).await),
        Err(why) => Err(why),
    };
    if let Ok(ExitReason::Crash(death)) = outcome {
        return Ok(death);
    }
    if !behaviour.keep_lock {
        lock.release();
    }
    Ok(ExitKind::Exit(if outcome? == ExitReason::Fatal { 1 } else { behaviour.stop_code }))
}

fn print_node_version(env: &StandInEnv) -> ExitCode {
    let newest = Version::EACH_GENERATION[5].fitting_node();
    let node = env.switches().get("node").map_or(newest, |node| node.trim_start_matches('v'));
    match writeln!(std::io::stdout(), "v{node}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(why: &str) -> ExitCode {
    // Where no one hears it, the status still tells.
    let _ = writeln!(std::io::stderr(), "{why}");
    ExitCode::FAILURE
}

fn die(death: ExitKind) -> ExitCode {
    match death {
        ExitKind::Exit(code) => return code.into(),
        ExitKind::Abort => std::process::abort(),
        // Nothing is left to do if the signal does not arrive.
        ExitKind::Kill => drop(rustix::process::kill_process(
            rustix::process::getpid(),
            rustix::process::Signal::KILL,
        )),
    }
    ExitCode::FAILURE
}

fn data_folder(args: &Args, env: &StandInEnv) -> Result<DataFolder, String> {
    let asked = args.value("dataPath").map(PathBuf::from);
    let root = asked.or_else(|| env.default_data_path());
    let root = root.ok_or("no data folder: say --dataPath=DIR")?;
    if root.is_dir() {
        Ok(DataFolder::at(root))
    } else {
        Err(format!("The data folder {} does not exist", root.display()))
    }
}

fn introduce(console: &Console, program: &Program, folder: &DataFolder, node: &str) {
    let Version { generation, build } = program.version;
    console.info(format!("Running on Node.js - Version {node}"));
    console.info(format!("Foundry Virtual Tabletop - Version {generation} Build {build}"));
    console.info(format!("User Data Directory - \"{}\"", folder.root().display()));
}

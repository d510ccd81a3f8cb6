//! The program's life, from the command line to the exit status.
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Duration, MissedTickBehavior, interval, sleep};

use super::args::{Args, Asked};
use super::behaviour::{Death, Moment, When};
use super::console::{Console, Level, complain};
use super::exit::Ending;
use super::folder::DataFolder;
use super::http::serve;
use super::launch::{close, launch_at_start};
use super::license::Standing;
use super::lock::Lock;
use super::marker::Database;
use super::program::Program;
use super::switches::{StandInEnv, Switches};
use super::table::Table;
use super::{demo, version::Version};

/// How often the control file is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Runs the stand-in until it ends. `args` is the command line without the executable's own name.
///
/// Owns its runtime, speaks on standard output, reads no environment but `env`.
pub fn run(args: impl Iterator<Item = OsString>, env: &StandInEnv) -> ExitCode {
    let args = match Asked::read(args) {
        Ok(Asked::NodeVersion) => return print_node_version(env),
        Ok(Asked::Program(args)) => args,
        Err(why) => return fail(&why),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => return fail(&format!("the runtime does not start: {why}")),
    };
    let outcome = runtime.block_on(live(&args, env));
    runtime.shutdown_background();
    match outcome {
        Ok(death) => die(death),
        Err(why) => fail(&why),
    }
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
    complain(why);
    ExitCode::FAILURE
}

fn die(death: Death) -> ExitCode {
    match death {
        Death::Exit(code) => return code.into(),
        Death::Abort => std::process::abort(),
        // Nothing is left to do if the signal does not arrive.
        Death::Kill => drop(rustix::process::kill_process(
            rustix::process::getpid(),
            rustix::process::Signal::KILL,
        )),
    }
    ExitCode::FAILURE
}

/// `Err` is what the program says on standard error before it has a console.
async fn live(args: &Args, env: &StandInEnv) -> Result<Death, String> {
    let program = Program::beside(&args.script)?;
    let folder = data_folder(args, env)?;
    let switches = Switches::new(env, folder.root())?;
    let node = switches.now().node.clone();
    let node = node.unwrap_or_else(|| program.version.fitting_node().to_owned());
    if let Some(refusal) = program.refusal_of_node(&node) {
        return Err(refusal);
    }
    folder.prepare().map_err(|why| format!("the data folder cannot be used: {why}"))?;
    let console = Console::new(&folder.logs());
    introduce(&console, &program, &folder, &node);
    let behaviour = switches.now();
    let mut lock = match Lock::take(folder.lock(), behaviour.lock_stale) {
        Ok(lock) => lock,
        Err(why) => {
            console.error(why);
            return Ok(Death::Exit(1));
        }
    };
    let outcome = match Table::set(program, folder, args, console, switches) {
        Ok(table) => play(&Arc::new(table), &mut lock).await,
        Err(why) => {
            complain(&why);
            Ending::Fatal
        }
    };
    let code = match outcome {
        Ending::Crash(death) => return Ok(death),
        Ending::Asked => behaviour.stop_code,
        Ending::Fatal => 1,
    };
    if !behaviour.keep_lock {
        lock.release();
    }
    Ok(Death::Exit(code))
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

/// From the options to the end.
async fn play(table: &Arc<Table>, lock: &mut Lock) -> Ending {
    let behaviour = table.switches.now();
    let ballast = vec![1_u8; behaviour.memory_mib << 20];
    let mut signals = match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(term), Ok(int)) => (term, int),
        (Err(why), _) | (_, Err(why)) => {
            table.console.error(format!("signals cannot be received: {why}"));
            return Ending::Fatal;
        }
    };
    let ending = tokio::select! {
        ending = table.exit.wait() => ending,
        ending = up(table) => ending,
        ending = refresh(table, lock) => ending,
        ending = watch_switches(table) => ending,
        () = told_to_stop(table, &mut signals) => Ending::Asked,
    };
    drop(ballast);
    if ending == Ending::Asked {
        tokio::select! {
            crash = table.exit.wait() => return crash,
            () = close(table, Database::ClosedBySignal) => {}
        }
    }
    ending
}

/// Prints what the program prints at start, takes the port, serves.
async fn up(table: &Arc<Table>) -> Ending {
    let options = serde_json::to_string_pretty(&table.options.masked()).unwrap_or_default();
    table.console.info(format!("Application Options:\n{options}"));
    let behaviour = table.switches.now();
    if let Err(why) = demo::furnish(table) {
        table.console.error(format!("The demonstration world cannot be made: {why}"));
    }
    sleep(behaviour.start).await;
    table.pass(Moment::Start).await;
    let (level, line) = license_line(table);
    table.console.say(level, line);
    let listener = match TcpListener::bind((behaviour.bind, table.options.port)).await {
        Ok(listener) => listener,
        Err(why) => {
            let port = table.options.port;
            table.console.error(format!(
                "A fatal error occurred while trying to start the Foundry Virtual Tabletop \
                 server: listen EADDRINUSE: address already in use :::{port} ({why})"
            ));
            return Ending::Fatal;
        }
    };
    let port = listener.local_addr().map_or(table.options.port, |address| address.port());
    if table.options.upnp {
        table.console.info(format!("Requesting UPnP port forwarding to destination {port}"));
    }
    table.console.info(format!("Server started and listening on port {port}"));
    begin(table);
    serve(listener, Arc::clone(table), table.tasks.clone()).await;
    Ending::Fatal
}

/// What goes on beside serving.
fn begin(table: &Arc<Table>) {
    let world = demo::world_at_start(table);
    let begun = Arc::clone(table);
    table.tasks.spawn(async move {
        begun.pass(Moment::Listen).await;
        if let Some(world) = world
            && begun.standing() == Standing::Signed
        {
            launch_at_start(&begun, &world).await;
        }
    });
    let doomed = Arc::clone(table);
    if let When::After(life) = table.switches.now().crash {
        table.tasks.spawn(async move {
            sleep(life).await;
            doomed.exit.with(Ending::Crash(doomed.switches.now().crash_code));
        });
    }
}

fn license_line(table: &Table) -> (Level, &'static str) {
    match table.standing() {
        _ if table.program.demo => (Level::Info, "A demonstration needs no software license"),
        Standing::Signed => (Level::Info, "Software license verification succeeded"),
        Standing::Unsigned => (Level::Warn, "Software license requires signature."),
        Standing::NoKey => (Level::Warn, "No software license key has been entered"),
        Standing::Rejected => (
            Level::Error,
            "Software license verification failed. Please confirm your Foundry Virtual Tabletop \
             software license",
        ),
    }
}

/// Keeps the lock; comes back only when it is lost.
async fn refresh(table: &Table, lock: &mut Lock) -> Ending {
    loop {
        sleep(table.switches.now().lock_refresh).await;
        if let Err(why) = lock.refresh() {
            table.console.error(why);
            return Ending::Fatal;
        }
    }
}

/// Follows the control file; comes back only when it says to die.
async fn watch_switches(table: &Table) -> Ending {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        if let Err(why) = table.switches.reread() {
            table.console.warn(why);
        }
        let behaviour = table.switches.now();
        if behaviour.crash == When::Now {
            return Ending::Crash(behaviour.crash_code);
        }
    }
}

/// Waits for a signal, and then for as long as it is to be ignored.
async fn told_to_stop(table: &Table, (term, int): &mut (Signal, Signal)) {
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    let patience = table.switches.now().stop;
    if !patience.is_zero() {
        table.console.info("A signal to stop is ignored for a while, as the stand-in was told");
        sleep(patience).await;
    }
}

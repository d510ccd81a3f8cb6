//! The image's own life: install, configure, start, and stop as it does.
use std::ffi::OsString;
use std::future::pending;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::super::program::Program;
use super::super::version::Version;
use super::configure::configure;
use super::grace::StopBehavior;
use super::install::install;
use super::settings::Settings;

/// The first argument with which the executable plays the program instead of the image.
pub const NODE: &str = "--as-node";

/// What a shell says of itself when SIGTERM has ended it.
const TERMINATED: u8 = 143;

/// Plays the image until it ends. `variables` are the container's; the current folder is its own layer.
pub fn entrypoint(variables: impl Iterator<Item = (OsString, OsString)>) -> ExitCode {
    let home = std::env::current_dir().map_err(|why| format!("no current folder: {why}"));
    let settings = home.and_then(|home| Settings::read(variables, &home));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| format!("the runtime does not start: {why}"));
    let ended = settings.and_then(|settings| runtime?.block_on(live(&settings)));
    ended.unwrap_or_else(|why| {
        say("error", &why);
        ExitCode::FAILURE
    })
}

async fn live(settings: &Settings) -> Result<ExitCode, String> {
    let grace = StopBehavior::of(settings.version()?);
    let started = AtomicBool::new(false);
    tokio::select! {
        biased;
        code = stopped(grace, &started) => Ok(code?),
        ended = run(settings, grace, &started) => ended,
    }
}

/// The end of an image that is stopped before the program runs, or that does not wait for it.
async fn stopped(grace: StopBehavior, started: &AtomicBool) -> Result<ExitCode, String> {
    let mut term = signal(SignalKind::terminate()).map_err(|why| format!("no signals: {why}"))?;
    loop {
        term.recv().await;
        match grace {
            // The program is our child and dies with us, as everything in a container does.
            StopBehavior::ExitsAtOnce => return Ok(TERMINATED.into()),
            StopBehavior::WaitsForProgram if !started.load(Ordering::Relaxed) => {
                return Ok(TERMINATED.into());
            }
            StopBehavior::IgnoresSignal | StopBehavior::WaitsForProgram => {}
        }
    }
}

async fn run(
    settings: &Settings,
    grace: StopBehavior,
    started: &AtomicBool,
) -> Result<ExitCode, String> {
    check_volume(&settings.data)?;
    say("info", "Installing Foundry Virtual Tabletop.");
    let script = install(settings).await?;
    let version = Program::beside(&script)?.version;
    say("info", "Generating options.json file.");
    configure(settings, version)?;
    let mut program = start(settings, &script, version)?;
    started.store(true, Ordering::Relaxed);
    if grace == StopBehavior::WaitsForProgram {
        tokio::select! {
            ended = program.wait() => return Ok(code(ended.map_err(|why| why.to_string())?)),
            () = terminated() => pass_on(&program),
        }
    }
    let ended = program.wait().await.map_err(|why| why.to_string())?;
    Ok(code(ended))
}

async fn terminated() {
    match signal(SignalKind::terminate()) {
        Ok(mut term) => drop(term.recv().await),
        Err(_) => pending().await,
    }
}

fn pass_on(program: &Child) {
    let pid = program.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    // One that has ended already needs no signal.
    pid.map(|pid| kill_process(pid, Signal::TERM));
}

/// As the image does since 13.333: a volume of another party's is found out at once.
fn check_volume(data: &Path) -> Result<(), String> {
    let probe: PathBuf = data.join(".container-permissions-test.txt");
    let tried = std::fs::create_dir_all(data)
        .and_then(|()| std::fs::write(&probe, b"."))
        .and_then(|()| std::fs::remove_file(&probe));
    tried.map_err(|why| format!("The data directory {} cannot be written: {why}", data.display()))
}

fn start(settings: &Settings, script: &Path, version: Version) -> Result<Child, String> {
    let own = std::env::current_exe().map_err(|why| format!("no executable: {why}"))?;
    let mut data = OsString::from("--dataPath=");
    data.push(&settings.data);
    let mut command = Command::new(own);
    command.env_clear().envs(settings.kept()).arg(NODE).arg(script);
    command.args(["--port=30000", "--headless", "--noupdate"]).arg(data).kill_on_drop(true);
    if settings.get("FOUNDRY_IP_DISCOVERY") == Some("false") {
        command.arg("--noipdiscovery");
    }
    if settings.is_true("FOUNDRY_NO_BACKUPS") {
        command.arg("--nobackups");
    }
    say(
        "info",
        &format!("Starting Foundry Virtual Tabletop {}.{}.", version.generation, version.build),
    );
    command.spawn().map_err(|why| format!("the program does not start: {why}"))
}

fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1).into()
}

fn say(level: &str, text: &str) {
    // Where no one hears it, the status still tells.
    let _ = writeln!(std::io::stdout(), "Entrypoint | [{level}] {text}");
}

//! The lifetime of an engine: locks on files of its folder, which the kernel releases when a process dies.
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use super::super::environment::script;

/// How long an engine may take to answer. It takes a second; a machine that builds at the same time takes more.
const START_TIMEOUT: Duration = Duration::from_mins(1);
const NEEDS_ROOT: &str = "Tests with real containers start a Docker engine of their own, which only root can: run them as root (`sudo -E env \
    PATH=\"$PATH\" cargo nextest run ..`), or leave them out with `-E 'not test(docker)'`.";

/// Where the engine in `folder` listens.
pub(super) fn socket(folder: &Path) -> PathBuf {
    folder.join("docker.sock")
}

/// Holds the engine in `folder`, which is started unless it runs; its gateway.
pub(super) fn acquire(folder: &Path, linger: Duration) -> Result<(File, Ipv4Addr), String> {
    if !rustix::process::geteuid().is_root() {
        return Err(NEEDS_ROOT.to_owned());
    }
    let held = lock_folder(folder).map_err(describe("its folder"))?;
    let starting = lockable(&folder.join("starting")).map_err(describe("its folder"))?;
    starting.lock().map_err(describe("its folder"))?;
    if !is_guarded(folder).map_err(describe("its folder"))? {
        start(folder, linger)?;
    }
    let gateway =
        std::fs::read_to_string(folder.join("gateway")).map_err(describe("its address"))?;
    let gateway = gateway.trim().parse();
    Ok((held, gateway.map_err(|error| describe("its address")(io::Error::other(error)))?))
}

/// A shared lock on the folder. The end of the last engine may have removed the folder while this waited.
fn lock_folder(folder: &Path) -> io::Result<File> {
    let path = folder.join("lock");
    loop {
        let _there_already = DirBuilder::new().mode(0o700).create(folder);
        let lock = match lockable(&path) {
            Err(error)
                if error.kind() == io::ErrorKind::NotFound
                    && folder.parent().is_some_and(Path::is_dir) =>
            {
                continue;
            }
            other => other?,
        };
        if std::fs::metadata(folder)?.uid() != 0 {
            return Err(io::Error::other("somebody else's folder is in its place"));
        }
        lock.lock_shared()?;
        let named = std::fs::metadata(&path).map(|named| named.ino());
        if named.is_ok_and(|named| lock.metadata().is_ok_and(|held| held.ino() == named)) {
            return Ok(lock);
        }
    }
}

fn lockable(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path)
}

/// Whether an engine there has a guard process. One without has to go.
fn is_guarded(folder: &Path) -> io::Result<bool> {
    match lockable(&folder.join("guard"))?.try_lock() {
        Ok(()) => Ok(false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

fn start(folder: &Path, linger: Duration) -> Result<(), String> {
    let log = File::create(folder.join("log")).map_err(describe("its log"))?;
    // What an engine has left that was killed may answer for a moment. The new one says here that it has begun.
    let _there_or_not = std::fs::remove_file(folder.join("gateway"));
    let mut command = Command::new("bash");
    command.arg(script("engine.sh")).arg(folder).arg(linger.as_secs_f64().to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).current_dir("/");
    // Killing the test's process group, as nextest does, must not kill the process that cleans up after it.
    command.process_group(0);
    let mut guard = command.spawn().map_err(describe("bash"))?;
    let begun = Instant::now();
    while !(folder.join("gateway").exists() && answers(folder)) {
        let ended = guard.try_wait().map_err(describe("bash"))?.is_some();
        if ended || begun.elapsed() > START_TIMEOUT {
            end(guard);
            return Err(format!(
                "The Docker engine of the tests does not start; `.ci/install` installs what it needs. It said: {}",
                log_of(folder)
            ));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn answers(folder: &Path) -> bool {
    let asked = UnixStream::connect(socket(folder)).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_ping HTTP/1.0\r\nhost: docker\r\n\r\n")?;
        let mut said = String::new();
        stream.read_to_string(&mut said).map(|_| said)
    });
    asked.is_ok_and(|said| said.starts_with("HTTP/1.0 200") || said.starts_with("HTTP/1.1 200"))
}

fn end(mut guard: Child) {
    // What it has begun is cleared away by the next start.
    let _ = guard.kill();
    let _ = guard.wait();
}

fn log_of(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("log"));
    log.unwrap_or_else(|error| format!("its log cannot be read: {error}"))
}

fn describe(what: &str) -> impl Fn(io::Error) -> String {
    move |error| format!("The Docker engine of the tests cannot be started ({what}: {error})")
}

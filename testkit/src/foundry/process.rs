//! The stand-in as a process of its own, for tests.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test whose process does not do as it should has failed"
)]
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::archive::{Layout, release_zip};
use super::folder::DataFolder;
use super::tasks::Tasks;
use super::version::Version;

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// The line after which the program answers.
pub const READY: &str = "Server started and listening on port";

/// How to start the stand-in.
#[derive(Debug)]
pub struct Launch {
    exe: PathBuf,
    script: PathBuf,
    flags: Vec<OsString>,
    switches: Vec<(String, String)>,
    data: DataFolder,
    temporary: Vec<TempDir>,
}

impl Launch {
    /// Runs `exe` as `version`, unpacked into a temporary folder, with an empty data folder.
    pub fn of(exe: impl Into<PathBuf>, version: Version) -> Self {
        let layout = Layout::of(version).last().copied().unwrap_or(Layout::Electron);
        let archive = release_zip(version, layout).expect("memory suffices");
        Self::of_archive(exe, archive)
    }

    /// The same with any archive that holds a `main.js`.
    pub fn of_archive(exe: impl Into<PathBuf>, archive: Vec<u8>) -> Self {
        let home = TempDir::new().expect("a temporary folder can be made");
        let mut zip =
            zip::ZipArchive::new(std::io::Cursor::new(archive)).expect("the archive is sound");
        zip.extract(home.path()).expect("the archive can be unpacked");
        let script = ["main.js", "resources/app/main.js"].map(|script| home.path().join(script));
        let script = script.into_iter().find(|script| script.is_file()).expect("there is a script");
        let data = TempDir::new().expect("a temporary folder can be made");
        Self {
            exe: exe.into(),
            script,
            flags: Vec::new(),
            switches: Vec::new(),
            data: DataFolder::at(data.path()),
            temporary: vec![home, data],
        }
    }

    /// Prepares the data folder.
    #[must_use]
    pub fn prepared(mut self, prepare: impl FnOnce(DataFolder) -> DataFolder) -> Self {
        self.data = prepare(self.data);
        self
    }

    /// Uses this data folder, which outlives the stand-in.
    #[must_use]
    pub fn on(mut self, data: &DataFolder) -> Self {
        self.data = data.clone();
        self
    }

    /// Adds a flag of the program, as `--world=demo`.
    #[must_use]
    pub fn flag(mut self, flag: impl Into<OsString>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Sets a switch of the stand-in through its environment.
    #[must_use]
    pub fn switch(mut self, name: &str, value: &str) -> Self {
        self.switches.push((format!("STAND_IN_{}", name.to_uppercase()), value.to_owned()));
        self
    }

    /// Starts it, and waits until it listens.
    pub async fn ready(self) -> StandIn {
        let mut running = self.start();
        let line = running.line(READY).await;
        running.port = line.rsplit(' ').next().and_then(|port| port.parse().ok()).unwrap_or(0);
        running
    }

    /// Starts it.
    pub fn start(self) -> StandIn {
        let mut command = Command::new(&self.exe);
        let mut data = OsString::from("--dataPath=");
        data.push(self.data.root());
        command
            .env_clear()
            .envs(self.switches)
            .arg(&self.script)
            .arg("--port=0")
            .arg(data)
            .args(["--noupnp", "--noupdate", "--headless"])
            .args(self.flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the stand-in can be started");
        let (said, tasks) = (Arc::new(Said::default()), Tasks::default());
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        tasks.spawn(listen(stdout.expect("standard output is a pipe"), Arc::clone(&said)));
        tasks.spawn(listen(stderr.expect("standard error is a pipe"), Arc::clone(&said)));
        StandIn { child, port: 0, data: self.data, said, tasks, _temporary: self.temporary }
    }
}

/// A running stand-in; dropping it kills it.
#[derive(Debug)]
pub struct StandIn {
    child: Child,
    port: u16,
    data: DataFolder,
    said: Arc<Said>,
    tasks: Tasks,
    _temporary: Vec<TempDir>,
}

impl StandIn {
    /// `http://127.0.0.1:<port>`.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on; zero if nobody waited for it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Its data folder.
    pub fn data(&self) -> &DataFolder {
        &self.data
    }

    /// Everything it has said so far, on either stream, line by line.
    pub fn lines(&self) -> Vec<String> {
        self.said.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first line that contains `text`, as soon as it is said.
    pub async fn line(&self, text: &str) -> String {
        let found = timeout(PATIENCE, async {
            loop {
                let changed = self.said.changed.notified();
                let found = self.lines().into_iter().find(|line| line.contains(text));
                if let Some(line) = found {
                    return line;
                }
                changed.await;
            }
        });
        found
            .await
            .unwrap_or_else(|_| panic!("nobody said {text:?}, only:\n{}", self.lines().join("\n")))
    }

    /// Replaces the control file; what it says holds within a tenth of a second.
    pub fn control(&self, switches: &Value) {
        let file = self.data.root().join("stand-in.json");
        let draft = file.with_extension("new");
        fs::write(&draft, switches.to_string()).expect("the control file can be written");
        fs::rename(draft, file).expect("the control file can be replaced");
    }

    /// Asks it to stop.
    pub fn term(&self) {
        self.signal(Signal::TERM);
    }

    /// Stops it in its tracks.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// How it ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = timeout(PATIENCE, self.child.wait()).await;
        let said = || self.said.lines.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        ended
            .unwrap_or_else(|_| panic!("it does not end; it said:\n{}", said()))
            .expect("wait works")
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        // One that has ended already needs no signal.
        pid.map(|pid| kill_process(pid, signal));
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

#[derive(Debug, Default)]
struct Said {
    lines: Mutex<Vec<String>>,
    changed: Notify,
}

async fn listen(stream: impl AsyncRead + Unpin, said: Arc<Said>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        said.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        said.changed.notify_waiters();
    }
}

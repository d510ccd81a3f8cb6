//! The stand-in, running.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test whose stand-in does not do as it should has failed"
)]
use std::ffi::OsString;
use std::fs;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::timeout;

use super::child::Child;
use super::launch::Launch;
use super::thread::Thread;
use crate::foundry::captured_output::CapturedOutput;
use crate::foundry::folder::DataFolder;
use crate::foundry::stop_request::StopRequest;
use crate::foundry::switches::REREAD;

/// How long a test waits for anything.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The line after which the program answers.
pub const READY: &str = "Server started and listening on port";

/// A running stand-in; dropping it kills it.
#[derive(Debug)]
pub struct StandIn {
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) data: DataFolder,
    pub(super) said: Arc<CapturedOutput>,
    pub(super) _temporary: Vec<TempDir>,
}

/// What it runs on.
#[derive(Debug)]
pub(super) enum Host {
    Child(Child),
    Thread(Thread),
}

impl Launch {
    /// Starts it, and waits until it listens.
    pub async fn ready(self) -> StandIn {
        let mut running = self.start();
        let line = running.line(READY).await;
        running.port = line.rsplit(' ').next().and_then(|port| port.parse().ok()).unwrap_or(0);
        running
    }

    /// Starts it.
    pub fn start(mut self) -> StandIn {
        let mut data = OsString::from("--dataPath=");
        data.push(self.data.root());
        let usual = ["--port=0", "--noupnp", "--noupdate", "--headless"].map(OsString::from);
        let free = !self.flags.iter().any(|flag| flag.to_string_lossy().starts_with("--port="));
        let usual = usual.into_iter().skip(usize::from(!free));
        self.flags.splice(0..0, usual.chain([data]));
        let said = Arc::new(CapturedOutput::default());
        let host = match &self.exe {
            Some(exe) => Host::Child(Child::start(exe, &self, &said)),
            None => Host::Thread(Thread::start(&self, &said)),
        };
        StandIn { host, port: 0, data: self.data, said, _temporary: self.temporary }
    }
}

impl StandIn {
    /// `http://127.0.0.1:<port>`.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on; zero if no one waited for it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process while it runs; the test's own if it runs on a thread.
    pub fn pid(&self) -> Option<u32> {
        match &self.host {
            Host::Child(child) => child.pid(),
            Host::Thread(_) => Some(std::process::id()),
        }
    }

    /// Its data folder.
    pub fn data(&self) -> &DataFolder {
        &self.data
    }

    /// Everything it has said so far, on either stream, line by line.
    pub fn lines(&self) -> Vec<String> {
        self.said.lines()
    }

    /// The first line that contains `text`, as soon as it is said.
    pub async fn line(&self, text: &str) -> String {
        self.nth_line(0, text).await
    }

    /// Replaces the control file, and waits until it is read.
    pub async fn control(&self, switches: &Value) {
        let read_before = self.said.count(REREAD);
        let file = self.data.root().join("stand-in.json");
        let draft = file.with_extension("new");
        fs::write(&draft, switches.to_string()).expect("the control file can be written");
        fs::rename(draft, file).expect("the control file can be replaced");
        self.nth_line(read_before, REREAD).await;
    }

    /// Asks it to stop.
    pub fn term(&mut self) {
        match &mut self.host {
            Host::Child(child) => child.signal(Signal::TERM),
            Host::Thread(thread) => thread.order(StopRequest::Stop),
        }
    }

    /// Stops it in its tracks.
    pub fn kill(&mut self) {
        match &mut self.host {
            Host::Child(child) => child.signal(Signal::KILL),
            Host::Thread(thread) => thread.order(StopRequest::Drop),
        }
    }

    /// How it ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = match &mut self.host {
            Host::Child(child) => timeout(TIMEOUT, child.ended()).await,
            Host::Thread(thread) => timeout(TIMEOUT, thread.ended()).await,
        };
        ended.unwrap_or_else(|_| panic!("it does not end; it said:\n{}", self.lines().join("\n")))
    }

    async fn nth_line(&self, number: usize, text: &str) -> String {
        timeout(TIMEOUT, self.said.nth(number, text))
            .await
            .unwrap_or_else(|_| panic!("nobody said {text:?}, only:\n{}", self.lines().join("\n")))
    }
}

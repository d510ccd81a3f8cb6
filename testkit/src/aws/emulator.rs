//! The server's life: it begins with the first test that asks and ends with the test's process.
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;
use tokio::sync::OnceCell;

use super::account::{Account, REGION};
use super::environment::{script, tool};

/// Starts the server as a child and, when standard input ends (with us), kills it with all its tasks and removes its
/// folder. The shell lets go of standard output, so that it ends with the server.
const UNTIL_WE_END: &str = r#"folder=$1; shift
"$@" </dev/null & server=$!
exec >/dev/null
cat
kill -s KILL -- "-$server" || kill -s KILL "$server"
wait "$server"
rm -rf "$folder""#;

static SHARED: OnceCell<Emulator> = OnceCell::const_new();
static BESIDE: OnceCell<Emulator> = OnceCell::const_new();

/// A running emulator.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    folder: PathBuf,
    accounts: AtomicU64,
    guard: Child,
}

/// What the launcher says once it answers.
#[derive(Deserialize)]
struct Ready {
    port: u16,
}

impl Emulator {
    /// The shared server of this process, started by the first caller.
    ///
    /// # Panics
    ///
    /// With the sentence of [`start`](Self::start).
    pub async fn shared() -> &'static Self {
        Self::once(&SHARED, Ipv4Addr::LOCALHOST).await
    }

    /// The one server of this process that containers reach at `gateway`.
    pub(super) async fn beside(gateway: Ipv4Addr) -> &'static Self {
        Self::once(&BESIDE, gateway).await
    }

    async fn once(cell: &'static OnceCell<Self>, address: Ipv4Addr) -> &'static Self {
        let started = cell.get_or_try_init(|| async {
            let starting = tokio::task::spawn_blocking(move || Self::start_at(address));
            starting.await.unwrap_or_else(|error| Err(error.to_string()))
        });
        #[expect(clippy::panic, reason = "a test without its emulator has failed")]
        started.await.unwrap_or_else(|why| panic!("{why}"))
    }

    /// Starts a server of one's own on 127.0.0.1; takes about a second, and blocks.
    ///
    /// # Errors
    ///
    /// A sentence that says what is missing, or what the server said.
    pub fn start() -> Result<Self, String> {
        Self::start_at(Ipv4Addr::LOCALHOST)
    }

    /// The same on another address of this machine: the bridge's of an engine whose containers are to reach it. It answers at
    /// 169.254.170.2 too, where tasks find the credentials of their roles.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_at(address: Ipv4Addr) -> Result<Self, String> {
        let python = tool("python")?;
        let made =
            tempfile::Builder::new().prefix("aws").tempdir().map_err(describe("its folder"))?;
        // The guard removes it, also when this process is killed.
        let folder = made.keep();
        let mut guard = launch(&python, &folder, address)?;
        let said = guard.stdout.take();
        let Some(port) = said.and_then(port) else {
            let why = format!("The AWS emulator does not start: {}", log(&folder));
            drop(guard.stdin.take());
            // It removes the folder; that nothing has started is the better news.
            let _ = guard.wait();
            return Err(why);
        };
        let address = (address, port).into();
        Ok(Self { address, folder, accounts: AtomicU64::new(100_000_000_001), guard })
    }

    /// A fresh account: no one else's, and empty.
    pub fn account(&self) -> Account {
        let number = self.accounts.fetch_add(1, Ordering::Relaxed);
        Account::new(number, self.address, self.folder.clone())
    }

    /// What the server has complained of so far.
    pub fn log(&self) -> String {
        log(&self.folder)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // A server that does not end is no reason to fail a test that has passed.
        let _ = self.guard.wait();
    }
}

fn launch(python: &Path, folder: &Path, address: Ipv4Addr) -> Result<Child, String> {
    let log = File::create(folder.join("log")).map_err(describe("its log"))?;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", UNTIL_WE_END, "sh"]).arg(folder).arg(python).arg("-IB");
    command.arg(script("emulator.py")).current_dir(folder);
    command.env("REFRACTORY_STATE", folder).env("MINISTACK_REGION", REGION);
    command.env("BIND_HOST", address.to_string());
    // The root user's secret: what is signed in an address is compared with it.
    command.env("AWS_SECRET_ACCESS_KEY", "root");
    for foreign in ["AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL", "MINISTACK_ACCOUNT_ID"] {
        command.env_remove(foreign);
    }
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SESSION_TOKEN");
    // Killing the test's process group, as nextest does, must not kill the process that cleans up after it.
    command.process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
    command.spawn().map_err(describe("/bin/sh"))
}

/// The port, once there is one; nothing if the server ends without.
fn port(said: ChildStdout) -> Option<u16> {
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok().map(|Ready { port }| port)
}

fn log(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("log"));
    log.unwrap_or_else(|error| format!("its log cannot be read: {error}"))
}

fn describe(what: &str) -> impl Fn(io::Error) -> String {
    move |error| format!("The AWS emulator cannot be started ({what}: {error})")
}

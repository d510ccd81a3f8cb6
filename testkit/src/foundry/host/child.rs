//! The stand-in as its own process.
#![expect(clippy::expect_used, reason = "a test that cannot start its process has failed")]
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

use super::launch::Launch;
use crate::foundry::captured_output::CapturedOutput;
use crate::foundry::tasks::Tasks;

/// The executable that cargo built into the folder of the running test.
///
/// Only tests of testkit can name it with `env!("CARGO_BIN_EXE_foundry-stand-in")`; tests of other
/// crates find it here, provided that it was built: `cargo build -p testkit --features foundry`.
pub fn executable() -> PathBuf {
    built("foundry-stand-in")
}

/// The same for the stand-in of the container image: `felddy-stand-in`.
pub fn image_executable() -> PathBuf {
    built("felddy-stand-in")
}

fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let built = test.ancestors().map(|folder| folder.join(name));
    built
        .take(4)
        .find(|exe| exe.is_file())
        .expect("the stand-in is not built: run `cargo build -p testkit --features foundry` first")
}

/// A child process; dropping it kills it.
#[derive(Debug)]
pub(super) struct Child {
    child: tokio::process::Child,
    tasks: Tasks,
}

impl Child {
    pub(super) fn start(exe: &Path, launch: &Launch, said: &Arc<CapturedOutput>) -> Self {
        let mut command = Command::new(exe);
        command
            .env_clear()
            .envs(launch.switches.iter().cloned())
            .arg(&launch.script)
            .args(&launch.flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the stand-in can be started");
        let tasks = Tasks::default();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        tasks.spawn(listen(stdout.expect("standard output is a pipe"), Arc::clone(said)));
        tasks.spawn(listen(stderr.expect("standard error is a pipe"), Arc::clone(said)));
        Self { child, tasks }
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    pub(super) fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        // One that has ended already needs no signal.
        pid.map(|pid| kill_process(pid, signal));
    }

    pub(super) async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.expect("a child can be waited for")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.tasks.stop();
    }
}

async fn listen(stream: impl AsyncRead + Unpin, said: Arc<CapturedOutput>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        said.add(&line);
    }
}

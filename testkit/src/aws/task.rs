//! What runs as a task.
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What stands for an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Program(Option<Command>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Command {
    argv: Vec<String>,
    env: BTreeMap<String, String>,
}

impl Program {
    /// A local program with its arguments; a container's `command` follows them, its `entryPoint` replaces all.
    ///
    /// It has the container's environment and, besides: `REFRACTORY_TASK_ADDRESS`, the task's own address, where it
    /// should listen; `REFRACTORY_TASK_MOUNTS`, JSON from path in the container to folder on this machine; and a
    /// `HOSTNAME` that is another at each start. Words of `command` and `entryPoint` that name a mounted path are
    /// given to it as the folder on this machine.
    pub fn new(program: impl AsRef<OsStr>, arguments: &[&str]) -> Self {
        let program = program.as_ref().to_string_lossy().into_owned();
        let mut argv = vec![program];
        argv.extend(arguments.iter().map(|&argument| argument.to_owned()));
        Self(Some(Command { argv, env: BTreeMap::new() }))
    }

    /// Nothing: the task has an address and is running, and costs no process.
    pub fn idle() -> Self {
        Self(None)
    }

    /// With this in the image's own environment; the container's overrules it.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        if let Some(command) = &mut self.0 {
            command.env.insert(name.to_owned(), value.to_owned());
        }
        self
    }
}

/// A container of a task that runs now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct RunningTask {
    /// The task's ARN.
    pub task: String,
    /// The container's name.
    pub container: String,
    /// Its image.
    pub image: String,
    /// The task's address.
    pub address: Ipv4Addr,
    /// Its process; none if the image is [idle](Program::idle).
    pub pid: Option<u32>,
    /// Path in the container to folder on this machine.
    pub mounts: BTreeMap<String, PathBuf>,
    /// What the process was told, secrets resolved.
    pub environment: BTreeMap<String, String>,
}

/// A task, whether it runs or has long stopped.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Launch {
    /// The task's ARN.
    pub task: String,
    /// The family of its definition.
    pub family: String,
    /// When `RunTask` made it, so that texts are in the order of time.
    pub created: String,
    /// When it had stopped; none while it has not.
    pub stopped: Option<String>,
}

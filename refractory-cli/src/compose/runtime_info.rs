//! Runtime information of a running `up`, for other commands: its process and its address.
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use refractory_core::local::DataDir;
use serde::{Deserialize, Serialize};

/// Runtime information of a running `up`: a file in the data folder, because only the process knows its port if 0 was configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuntimeInfo {
    pub(crate) pid: u32,
    pub(crate) port: u16,
    pub(crate) url: String,
    /// The start time of the process, in ticks since boot.
    #[serde(default)]
    pub(crate) began: Option<u64>,
}

impl RuntimeInfo {
    /// Reads it; `None` if no `up` runs and the file is of one that was killed.
    pub(crate) fn of_running(dir: &DataDir) -> Option<Self> {
        Self::read(dir).filter(Self::is_running)
    }

    /// Whether a process with this id and start time runs. In a container the id differs, but the port is open.
    fn is_running(&self) -> bool {
        let began = process_start(self.pid);
        let at = SocketAddr::from(([127, 0, 0, 1], self.port));
        (began.is_some() && began == self.began)
            || TcpStream::connect_timeout(&at, Duration::from_millis(500)).is_ok()
    }

    /// Reads what the running `up` wrote, or the last one that could not clean up.
    pub(crate) fn read(dir: &DataDir) -> Option<Self> {
        serde_json::from_slice(&fs::read(path(dir)).ok()?).ok()
    }

    /// Writes the file atomically.
    pub(crate) fn write(&self, dir: &DataDir) -> Result<()> {
        let fresh = path(dir).with_extension("new");
        let text = serde_json::to_vec(self)?;
        fs::write(&fresh, text)
            .and_then(|()| fs::rename(&fresh, path(dir)))
            .with_context(|| format!("writing {}", path(dir).display()))
    }

    /// Removes the file.
    pub(crate) fn remove(dir: &DataDir) {
        drop(fs::remove_file(path(dir)));
    }
}

/// The start time of the process `pid`, in ticks since boot; `None` if there is none.
pub(crate) fn process_start(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program name is in brackets and may contain anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

fn path(dir: &DataDir) -> PathBuf {
    dir.root().join("up.json")
}

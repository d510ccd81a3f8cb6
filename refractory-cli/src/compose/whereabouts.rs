//! Where the running `up` listens, for the commands beside it.
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use refractory_core::local::DataDir;
use serde::{Deserialize, Serialize};

/// Where the running `up` listens. A note in the data folder: port 0 is known to nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Whereabouts {
    pub(crate) pid: u32,
    pub(crate) port: u16,
    pub(crate) url: String,
    /// When the process began, in ticks since the machine came up.
    #[serde(default)]
    pub(crate) began: Option<u64>,
}

impl Whereabouts {
    /// Where the running `up` listens; `None` where none runs, and the note is of one that was killed.
    pub(crate) fn of_running(dir: &DataDir) -> Option<Self> {
        Self::read(dir).filter(Self::is_running)
    }

    /// A process of that number that began at that time is the one. In a container it has another number here, but listens.
    fn is_running(&self) -> bool {
        let began = start_of(self.pid);
        let at = SocketAddr::from(([127, 0, 0, 1], self.port));
        (began.is_some() && began == self.began)
            || TcpStream::connect_timeout(&at, Duration::from_millis(500)).is_ok()
    }

    /// What the running `up` wrote down, or the last one that could not tidy up.
    pub(crate) fn read(dir: &DataDir) -> Option<Self> {
        serde_json::from_slice(&fs::read(path(dir)).ok()?).ok()
    }

    /// Writes it down, whole or not at all.
    pub(crate) fn write(&self, dir: &DataDir) -> Result<()> {
        let fresh = path(dir).with_extension("new");
        let text = serde_json::to_vec(self)?;
        fs::write(&fresh, text)
            .and_then(|()| fs::rename(&fresh, path(dir)))
            .with_context(|| format!("writing {}", path(dir).display()))
    }

    /// Takes the note away.
    pub(crate) fn forget(dir: &DataDir) {
        drop(fs::remove_file(path(dir)));
    }
}

/// When the process `pid` began, in ticks since the machine came up; `None` where there is none.
pub(crate) fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in brackets, and may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

fn path(dir: &DataDir) -> PathBuf {
    dir.root().join("up.json")
}

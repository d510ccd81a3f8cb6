//! Where the running `up` listens, for the commands beside it.
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use refractory_core::local::DataDir;
use serde::{Deserialize, Serialize};

/// Where the running `up` listens. A note in the data folder: port 0 is known to nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Whereabouts {
    pub(crate) pid: u32,
    pub(crate) port: u16,
    pub(crate) url: String,
}

impl Whereabouts {
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

fn path(dir: &DataDir) -> PathBuf {
    dir.root().join("up.json")
}

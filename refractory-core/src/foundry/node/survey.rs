//! Which Node.js there is on this machine.
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::process::Command;
use tokio::time::timeout;

use super::NodeVersion;

/// Where a Node.js was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Named by the configuration.
    Configured,
    /// Fetched earlier.
    Fetched,
    /// In one of the folders that commands are looked for in.
    Path,
}

/// A Node.js, or something in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundNode {
    /// Where it is.
    pub path: PathBuf,
    /// Where it was found.
    pub origin: Origin,
    /// What it says it is; a sentence where it does not say.
    pub version: Result<NodeVersion, String>,
}

/// What each file said, for as long as it is the same file.
#[derive(Debug, Default)]
pub(super) struct Survey(Mutex<HashMap<PathBuf, (Stamp, NodeVersion)>>);

type Stamp = (Option<SystemTime>, u64);

impl Survey {
    /// Asks the file at `path` what it is; none where there is no file.
    pub(super) async fn ask(&self, path: PathBuf, origin: Origin) -> Option<FoundNode> {
        let file = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        let stamp = (file.modified().ok(), file.len());
        let version = match self.remembered(&path, stamp) {
            Some(version) => Ok(version),
            None => asked(&path).await,
        };
        if let Ok(version) = &version {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(path.clone(), (stamp, *version));
        }
        Some(FoundNode { path, origin, version })
    }

    fn remembered(&self, path: &Path, stamp: Stamp) -> Option<NodeVersion> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(path).filter(|(then, _)| *then == stamp).map(|(_, version)| *version)
    }
}

/// Runs `path --version`, with nothing of our environment.
async fn asked(path: &Path) -> Result<NodeVersion, String> {
    let mut command = Command::new(path);
    command.arg("--version").env_clear().stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(Duration::from_secs(5), command.output())
        .await
        .map_err(|_| "it does not answer `--version`".to_owned())?
        .map_err(|error| format!("it cannot be run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.parse().map_err(|()| {
        format!(
            "it is no Node.js: `--version` says `{}`",
            said.trim().chars().take(40).collect::<String>()
        )
    })
}

//! What is written down of each launch.
use std::fs;
use std::io;
use std::path::PathBuf;

use super::proc::Process;
use crate::disk::{private_folder, read_if_any, write_whole};
use crate::local::logs::Place;
use crate::{InstanceId, LaunchId, Timestamp};

/// How far a launch has got.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stage {
    /// Written before anything was started: a program may or may not run.
    Intended,
    /// Started.
    Started(Process),
    /// Over, for this reason. Never started again.
    Ended(String),
    /// Taken away. Kept so that a late call does not start it again.
    Gone,
}

/// A stop that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Stopping {
    /// When it was first asked to end. Nothing is counted from it: a clock may be set.
    pub(super) asked: Timestamp,
}

/// What is written down of one launch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Note {
    pub(super) key: LaunchId,
    /// The digest of what was to be launched, as the version that began it wrote it.
    pub(super) digest: String,
    /// Which boot of the machine it belongs to.
    pub(super) boot: String,
    pub(super) port: u16,
    pub(super) prefix: String,
    pub(super) stage: Stage,
    /// Whether it ever answered.
    pub(super) answered: bool,
    /// How many ports were tried before this one.
    pub(super) tries: u32,
    /// Where its output begins.
    pub(super) output: Place,
    pub(super) stopping: Option<Stopping>,
}

/// The notes of all launches: one folder for each instance, one file for each epoch.
#[derive(Debug, Clone)]
pub(super) struct Notes(pub(super) PathBuf);

impl Notes {
    fn folder(&self, of: &InstanceId) -> PathBuf {
        self.0.join(of.as_str())
    }

    fn path(&self, key: &LaunchId) -> PathBuf {
        self.folder(&key.instance).join(format!("{}.json", key.attempt))
    }

    /// The note of `key`. One that cannot be read is no note: the mark of the process is what counts then.
    pub(super) fn read(&self, key: &LaunchId) -> io::Result<Option<Note>> {
        let read = read_if_any(&self.path(key))?;
        Ok(read.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    pub(super) fn write(&self, note: &Note) -> io::Result<()> {
        private_folder(&self.folder(&note.key.instance))?;
        let text = serde_json::to_vec_pretty(note)?;
        write_whole(&self.path(&note.key), &text, 0o600)
    }

    pub(super) fn forget(&self, key: &LaunchId) -> io::Result<()> {
        match fs::remove_file(self.path(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The epochs of `of` that something is written down of.
    pub(super) fn epochs(&self, of: &InstanceId) -> io::Result<Vec<u32>> {
        let entries = match fs::read_dir(self.folder(of)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let epoch = |entry: fs::DirEntry| {
            entry.file_name().to_str()?.strip_suffix(".json")?.parse::<u32>().ok()
        };
        Ok(entries.flatten().filter_map(epoch).collect())
    }

    /// Every note of every instance.
    pub(super) fn all(&self) -> io::Result<Vec<Note>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.0)?.flatten() {
            let name = entry.file_name();
            let Some(instance) = name.to_str().and_then(|name| InstanceId::new(name).ok()) else {
                continue;
            };
            for epoch in self.epochs(&instance)? {
                found.extend(self.read(&LaunchId { instance: instance.clone(), attempt: epoch })?);
            }
        }
        Ok(found)
    }
}

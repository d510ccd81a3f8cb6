//! Starting a program, step by step, so that every crash in between is found again.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use tokio::runtime::Handle;

use super::look::Seen;
use super::note::{Note, Stage};
use super::prepare::{Invocation, write_files};
use super::proc::{self, Process};
use super::runtime::Machine;
use super::spawn::Start;
use super::{marker, port};
use crate::blocking::Wanted;
use crate::disk::refused;
use crate::foundry::Holder;
use crate::local::folder::full;
use crate::ports::{LaunchSpec, Usage};
use crate::{Error, ErrorKind, LaunchId, Result};

const DURING: &str = "starting a program";

impl Machine {
    /// Starts the launch `key`. Called by one at a time for each instance, and only where nothing of it runs.
    pub(super) fn launch(
        &self,
        key: &LaunchId,
        spec: &LaunchSpec,
        invocation: &Invocation,
        tries: u32,
        wanted: &Wanted,
    ) -> Result<Seen> {
        let folder = self.volume(key)?;
        self.check_space(&folder, spec)?;
        let holder = self.check_nobody_works_there(key, &folder)?;
        wanted.check()?;
        let note = self.intend(key, spec, tries)?;
        let started = self
            .write_files(&folder, spec, &note, holder)
            .and_then(|()| wanted.check())
            .and_then(|()| self.start(&note, spec, invocation, &folder));
        let process = match started {
            Ok(process) => process,
            Err(error) => {
                // Nothing was started, so nothing is left of it.
                self.notes.forget(key).map_err(|error| refused(error, DURING, &self.notes.0))?;
                return Err(error);
            }
        };
        let started = Note { stage: Stage::Started(process), ..note };
        self.write(&started)?;
        Ok(Seen::Runs(started, process))
    }

    fn write(&self, note: &Note) -> Result<()> {
        self.notes.write(note).map_err(|error| refused(error, DURING, &self.notes.0))
    }

    /// The folder of the instance. One that is missing is never made here: it may be a disk that is not mounted.
    fn volume(&self, key: &LaunchId) -> Result<PathBuf> {
        let path = self.dir.volumes().join(key.instance.as_str());
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => Ok(path),
            Ok(_) | Err(_) => {
                Err(Error::new(ErrorKind::Unavailable, DURING).about("path", path.display()).advise(format!(
                    "This table's folder is missing at `{}`. Restore it or mount its disk, then start the table again.",
                    path.display()
                )))
            }
        }
    }

    fn check_space(&self, folder: &Path, spec: &LaunchSpec) -> Result<()> {
        let Some(quota) = spec.limits.disk else { return Ok(()) };
        let bytes = self.measure.bytes(folder).map_err(|error| refused(error, DURING, folder))?;
        let usage = Usage { bytes, quota: Some(quota) };
        if usage.is_full() { Err(full(usage)) } else { Ok(()) }
    }

    /// Makes sure that no other program works on the volume; says whether that is proved of the one before.
    fn check_nobody_works_there(&self, key: &LaunchId, folder: &Path) -> Result<Holder> {
        let refuse = |error| refused(error, DURING, "/proc".as_ref());
        let ours = marker::of_instance(self.dir.deployment(), &key.instance).map_err(refuse)?;
        if let Some(marked) = ours.first() {
            return Err(Error::new(ErrorKind::Unavailable, DURING)
                .about("pid", marked.stat.process.pid)
                .advise("An earlier launch of this table hasn't ended yet."));
        }
        if let Some(pid) = works_on(folder).map_err(refuse)? {
            return Err(Error::new(ErrorKind::Unavailable, DURING).about("pid", pid).advise(
                format!(
                    "Another program (process {pid}) is using this table's folder. Stop it first."
                ),
            ));
        }
        let epochs = self.notes.epochs(&key.instance).map_err(refuse)?;
        // Where the last one on this data was ours, it is known to be dead; else it may live on another machine.
        Ok(if epochs.is_empty() { Holder::Unknown } else { Holder::Dead })
    }

    /// Writes down what is about to happen, and forgets the launches before.
    fn intend(&self, key: &LaunchId, spec: &LaunchSpec, tries: u32) -> Result<Note> {
        let refuse = |error| refused(error, DURING, &self.notes.0);
        let taken: Vec<u16> = {
            let notes = self.notes.all().map_err(refuse)?;
            notes
                .iter()
                .filter(|note| note.may_listen() && note.key != *key)
                .map(|note| note.port)
                .collect()
        };
        let port = port::choose(key, tries, &self.settings.ports, |port| taken.contains(&port))?;
        let said = format!("{} launch {}, port {port}", self.clock.now(), key.attempt);
        let output = self
            .logs
            .note(&key.instance, &said)
            .and_then(|()| self.logs.end(&key.instance))
            .map_err(refuse)?;
        let note = Note {
            key: key.clone(),
            digest: spec.digest(),
            boot: self.boot.clone(),
            port,
            prefix: spec.route_prefix.trim_matches('/').to_owned(),
            stage: Stage::Intended,
            answered: false,
            tries,
            output,
            stopping: None,
        };
        self.write(&note)?;
        for epoch in self.notes.epochs(&key.instance).map_err(refuse)? {
            if epoch < key.attempt {
                self.notes.forget(&LaunchId { attempt: epoch, ..key.clone() }).map_err(refuse)?;
            }
        }
        Ok(note)
    }

    fn write_files(
        &self,
        folder: &Path,
        spec: &LaunchSpec,
        note: &Note,
        holder: Holder,
    ) -> Result<()> {
        let now = self.clock.now();
        // This thread may block: it is none of those that drive futures.
        Handle::current().block_on(write_files(folder, spec, note.port, holder, now))
    }

    fn start(
        &self,
        note: &Note,
        spec: &LaunchSpec,
        invocation: &Invocation,
        folder: &Path,
    ) -> Result<Process> {
        let of = &note.key.instance;
        let output =
            self.logs.open(of).map_err(|error| refused(error, DURING, &self.dir.logs()))?;
        let start = Start {
            invocation,
            settings: &self.settings,
            limits: &spec.limits,
            folder,
            port: note.port,
            mark: marker::text(self.dir.deployment(), &note.key),
        };
        let child =
            start.spawn(output).map_err(|error| refused(error, DURING, &invocation.program))?;
        let pid = child.id().unwrap_or_default();
        self.children
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(note.key.clone(), child);
        // Not reaped yet, whatever became of it: the kernel still knows when it began.
        let found = proc::stat(pid).map_err(|error| refused(error, DURING, "/proc".as_ref()))?;
        found.map(|found| found.process).ok_or_else(|| Error::new(ErrorKind::Unexpected, DURING))
    }
}

impl Note {
    /// Whether its port may be in use, or about to be.
    fn may_listen(&self) -> bool {
        matches!(self.stage, Stage::Intended | Stage::Started(_))
    }
}

/// The process of anybody that was told to work on `folder`.
pub(super) fn works_on(folder: &Path) -> std::io::Result<Option<u32>> {
    let word = format!("--dataPath={}", folder.display());
    for pid in proc::all()? {
        if proc::command_line(pid)?.iter().any(|found| found.trim_end_matches('/') == word)
            && proc::stat(pid)?.is_some_and(|stat| !stat.ended)
        {
            return Ok(Some(pid));
        }
    }
    Ok(None)
}

//! What there is of a launch, by what is written down and by what runs.
use std::io;

use super::marker;
use super::note::{Note, Stage};
use super::proc::{self, Process};
use super::runtime::Machine;
use crate::disk::refused;
use crate::ports::LaunchSpec;
use crate::{Error, ErrorKind, LaunchId, Result};

const DURING: &str = "looking at a launch";
/// How many ports one launch tries.
const PORTS: u32 = 5;

/// What there is of a launch.
#[derive(Debug)]
pub(super) enum Seen {
    /// Nothing, and nothing was.
    Nothing,
    /// It was taken away.
    Gone,
    /// Nothing of it, and a later launch of the same instance is written down.
    Superseded,
    /// It runs, and nothing is written down of it.
    Orphan,
    /// It runs.
    Runs(Note, Process),
    /// It ended because somebody else has its port, and may be tried on another.
    PortTaken(Note),
    /// It is over, for this reason.
    Ended(String),
}

impl Seen {
    /// How many ports were tried before, where it may be started now.
    pub(super) fn tries(&self) -> Option<u32> {
        match self {
            Self::Nothing => Some(0),
            Self::PortTaken(note) => Some(note.tries + 1),
            Self::Gone | Self::Superseded | Self::Orphan | Self::Runs(..) | Self::Ended(_) => None,
        }
    }
}

impl Note {
    pub(super) fn is_gone(&self) -> bool {
        self.stage == Stage::Gone
    }
}

impl Machine {
    /// What there is of the launch `key`; `Invalid` where it was begun with something else than `spec`.
    pub(super) fn look(&self, key: &LaunchId, spec: Option<&LaunchSpec>) -> Result<Seen> {
        let refuse = |error| refused(error, DURING, &self.notes.0);
        let Some(note) = self.notes.read(key).map_err(refuse)? else {
            return self.unnoted(key).map_err(refuse);
        };
        if note.is_gone() {
            return Ok(Seen::Gone);
        }
        if spec.is_some_and(|spec| !note.digest.is_empty() && !spec.matches_digest(&note.digest)) {
            return Err(changed(key));
        }
        if let Stage::Ended(reason) = &note.stage {
            return Ok(Seen::Ended(reason.clone()));
        }
        match self.leader(&note).map_err(refuse)? {
            Some(process) => self.runs(note, process).map_err(refuse),
            None => self.over(note),
        }
    }

    fn unnoted(&self, key: &LaunchId) -> io::Result<Seen> {
        if !marker::of_launch(self.dir.deployment(), key)?.is_empty() {
            return Ok(Seen::Orphan);
        }
        let later = self.notes.epochs(&key.instance)?.into_iter().any(|epoch| epoch > key.attempt);
        Ok(if later { Seen::Superseded } else { Seen::Nothing })
    }

    /// The process of a launch, if it runs. A note from an earlier boot names nobody.
    pub(super) fn leader(&self, note: &Note) -> io::Result<Option<Process>> {
        match &note.stage {
            _ if note.boot != self.boot => Ok(None),
            Stage::Started(process) => {
                let runs = proc::runs(*process)? && self.is_not_anothers(*process, &note.key)?;
                Ok(runs.then_some(*process))
            }
            Stage::Intended => {
                let marked = marker::of_launch(self.dir.deployment(), &note.key)?;
                Ok(marked.first().map(|stat| stat.process))
            }
            Stage::Ended(_) | Stage::Gone => Ok(None),
        }
    }

    /// Number, start time and boot name one process. The mark is the second witness, where it can be read.
    fn is_not_anothers(&self, process: Process, key: &LaunchId) -> io::Result<bool> {
        let mark = proc::variable(process.pid, marker::VARIABLE)?;
        Ok(mark.is_none_or(|mark| mark == marker::text(self.dir.deployment(), key)))
    }

    fn runs(&self, mut note: Note, process: Process) -> io::Result<Seen> {
        if note.stage == Stage::Intended {
            // Whoever started it did not live to write that down.
            note.stage = Stage::Started(process);
            self.notes.write(&note)?;
        }
        Ok(Seen::Runs(note, process))
    }

    fn over(&self, mut note: Note) -> Result<Seen> {
        let end = self.end_of(&note);
        let again = note.tries + 1 < PORTS && !note.answered && note.stopping.is_none();
        if end.port_taken && again {
            return Ok(Seen::PortTaken(note));
        }
        note.stage = Stage::Ended(end.reason.clone());
        self.notes.write(&note).map_err(|error| refused(error, DURING, &self.notes.0))?;
        self.voices.forget(&note.key);
        Ok(Seen::Ended(end.reason))
    }
}

fn changed(key: &LaunchId) -> Error {
    Error::new(ErrorKind::Invalid, DURING).about("key", key).advise(
        "This table was started with other settings. Stop and start it to use the new ones.",
    )
}

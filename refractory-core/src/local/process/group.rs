//! Control groups: limits that the kernel keeps.
use std::fs;
use std::io::{self, ErrorKind as Io};
use std::path::{Path, PathBuf};

use crate::disk::refused;
use crate::model::Limits;
use crate::{Error, ErrorKind, Result};

const DURING: &str = "looking at a control group";
/// The controllers that keep our limits.
const CONTROLLERS: [&str; 2] = ["cpu", "memory"];
/// What begins the name of each group of ours.
const OURS: &str = "refractory-";
/// The time over which processor time is counted, in microseconds: the kernel's own choice.
const PERIOD: u64 = 100_000;

/// A version 2 control group in which each launch gets a group of its own, with its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGroup(PathBuf);

impl ControlGroup {
    /// The control group at `path`, as `/sys/fs/cgroup/refractory`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes sure that limits can be kept here, and turns the controllers on that do it. Blocks.
    ///
    /// # Errors
    ///
    /// `Unsupported` where there is no such group or the kernel gives it no controllers, `Forbidden` where it is not ours to
    /// change, `Conflict` where processes are in it; each with a sentence that says what to do.
    pub fn prepare(&self) -> Result<()> {
        let offered = self.words("cgroup.controllers").map_err(|error| self.no_group(error))?;
        let offers = |wanted: &str| offered.iter().any(|word| word == wanted);
        if !CONTROLLERS.into_iter().all(offers) {
            return Err(self.no_controllers());
        }
        self.turn_on().map_err(|error| self.untouchable(error))?;
        let probe = self.0.join(format!("{OURS}probe"));
        fs::create_dir(&probe)
            .and_then(|()| fs::remove_dir(&probe))
            .map_err(|error| self.untouchable(error))
    }

    /// Turns on what keeps limits in the groups within.
    fn turn_on(&self) -> io::Result<()> {
        let on = self.words("cgroup.subtree_control")?;
        for wanted in CONTROLLERS.iter().filter(|wanted| !on.iter().any(|word| word == *wanted)) {
            fs::write(self.0.join("cgroup.subtree_control"), format!("+{wanted}"))?;
        }
        Ok(())
    }

    fn words(&self, file: &str) -> io::Result<Vec<String>> {
        let text = fs::read_to_string(self.0.join(file))?;
        Ok(text.split_whitespace().map(ToOwned::to_owned).collect())
    }

    /// Puts the process `pid` into a group of its own, called after `mark`, with `limits`: all of them, or an error.
    pub(super) fn enter(&self, mark: &str, pid: u32, limits: &Limits) -> io::Result<()> {
        self.turn_on()?;
        let group = self.group(mark);
        match fs::create_dir(&group) {
            Err(error) if error.kind() != Io::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        if let Some(memory) = limits.memory {
            fs::write(group.join("memory.max"), memory.to_string())?;
            // Memory that is only moved elsewhere is not saved. Where there is no swap, there is no such file.
            let _ = fs::write(group.join("memory.swap.max"), "0");
            // Half a table is worth nothing: what runs out of memory ends whole.
            fs::write(group.join("memory.oom.group"), "1")?;
        }
        if let Some(millis) = limits.cpu_millis {
            let share = u64::from(millis) * PERIOD / 1000;
            fs::write(group.join("cpu.max"), format!("{share} {PERIOD}"))?;
        }
        fs::write(group.join("cgroup.procs"), pid.to_string())
    }

    /// Whether the kernel ended something in the group of `mark` for want of memory.
    pub(super) fn ran_out_of_memory(&self, mark: &str) -> bool {
        let events = fs::read_to_string(self.group(mark).join("memory.events"));
        events.is_ok_and(|events| {
            let killed = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
            killed.is_some_and(|count| count.trim() != "0")
        })
    }

    /// Removes the group of `mark`. The kernel keeps one that has processes.
    pub(super) fn leave(&self, mark: &str) {
        let _ = fs::remove_dir(self.group(mark));
    }

    /// Each part of a mark is a name already; what joins them is not.
    fn group(&self, mark: &str) -> PathBuf {
        self.0.join(format!("{OURS}{}", mark.replace('/', "-")))
    }

    fn told(&self, kind: ErrorKind, advice: String) -> Error {
        Error::new(kind, DURING).about("path", self.0.display()).advise(advice)
    }

    fn no_group(&self, error: io::Error) -> Error {
        if error.kind() == Io::PermissionDenied {
            return refused(error, DURING, &self.0);
        }
        let shown = self.0.display();
        self.told(
            ErrorKind::Unsupported,
            format!("There is no version 2 control group at `{shown}`. Create one with `mkdir {shown}` and leave it empty."),
        )
        .caused_by(error)
    }

    fn no_controllers(&self) -> Error {
        let (shown, above) =
            (self.0.display(), self.0.parent().unwrap_or(Path::new("/")).display());
        self.told(
            ErrorKind::Unsupported,
            format!(
                "The kernel doesn't enforce limits in the control group `{shown}`. Enable them with `echo +cpu +memory > {above}/cgroup.subtree_control`; where that fails, the machine uses version 1 groups."
            ),
        )
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "everything else is about who may change it"
    )]
    fn untouchable(&self, error: io::Error) -> Error {
        let shown = self.0.display();
        match error.kind() {
            Io::ResourceBusy => self
                .told(
                    ErrorKind::Conflict,
                    format!("The control group `{shown}` contains processes. Create an empty group inside it and use that one."),
                )
                .caused_by(error),
            Io::AlreadyExists => self
                .told(
                    ErrorKind::Conflict,
                    format!("Another program is changing groups in `{shown}`. Try again in a moment."),
                )
                .caused_by(error),
            _ => self
                .told(
                    ErrorKind::Forbidden,
                    format!("No permission to change the control group `{shown}`. Change its owner with `chown -R USER {shown}`."),
                )
                .caused_by(error),
        }
    }
}

#[cfg(test)]
mod tests;

//! Ending a program: it is asked, waited for, and forced.
use std::io;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::ProcessSettings;
use super::marker;
use super::note::{Note, Stage, Stopping};
use super::proc::{self, Stat};
use super::runtime::Machine;
use crate::blocking::Wanted;
use crate::disk::refused;
use crate::local::logs::Place;
use crate::model::Urgency;
use crate::ports::{Endpoint, Observed, Progress, Stop};
use crate::{Key, Result, Timestamp};

/// What to do to a program that should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Push {
    Ask,
    Wait,
    Force,
}

impl Stopping {
    /// The next thing to do at `now`, and what to write down of it. A hurry that comes later shortens the wait.
    fn next(
        earlier: Option<Self>,
        how: Stop,
        now: Timestamp,
        settings: &ProcessSettings,
    ) -> (Self, Push) {
        let patience = match how {
            Urgency::Gentle => settings.gentle,
            Urgency::Now => settings.hurried,
        };
        match earlier {
            None => (Self { asked: now, until: now.after(patience) }, Push::Ask),
            Some(stopping) => {
                let until = match how {
                    Urgency::Gentle => stopping.until,
                    Urgency::Now => stopping.until.min(now.after(patience)),
                };
                let push = if now >= until { Push::Force } else { Push::Wait };
                (Self { until, ..stopping }, push)
            }
        }
    }
}

impl Machine {
    /// Moves the end of the launch `key` along.
    pub(super) fn stop(&self, key: &Key, how: Stop, wanted: &Wanted) -> Result<Observed<Endpoint>> {
        let refuse = |error| refused(error, "stopping a program", &self.notes.0);
        let note = self.notes.read(key).map_err(refuse)?;
        let family = self.family(key, note.as_ref()).map_err(refuse)?;
        wanted.check()?;
        if family.is_empty() {
            self.settle(key, note).map_err(refuse)?;
            return Ok(Observed::Absent);
        }
        let mut note = note.unwrap_or_else(|| self.note_of_stray(key, &family));
        let (stopping, push) = Stopping::next(note.stopping, how, self.clock.now(), &self.settings);
        if note.stopping != Some(stopping) {
            note.stopping = Some(stopping);
            // Written first: whoever comes after a crash goes on waiting from here.
            self.notes.write(&note).map_err(refuse)?;
        }
        match push {
            Push::Ask => signal(&family, Signal::TERM).map_err(refuse)?,
            Push::Wait => {}
            Push::Force => signal(&family, Signal::KILL).map_err(refuse)?,
        }
        Ok(Observed::Pending(Some(Progress::new("stopping"))))
    }

    /// Every process of the launch that runs: its leader first.
    fn family(&self, key: &Key, note: Option<&Note>) -> io::Result<Vec<Stat>> {
        let mut family = Vec::new();
        if let Some(note) = note
            && let Some(process) = self.leader(note)?
        {
            family.extend(proc::stat(process.pid)?.filter(|stat| stat.process == process));
        }
        for stat in marker::of_launch(self.dir.deployment(), key)? {
            if !family.contains(&stat) {
                family.push(stat);
            }
        }
        Ok(family)
    }

    /// Nothing runs any more: what is left is a note that a late call finds.
    fn settle(&self, key: &Key, note: Option<Note>) -> io::Result<()> {
        self.reap(key);
        self.voices.forget(key);
        if let Some(groups) = &self.settings.control_group {
            groups.leave(&marker::text(self.dir.deployment(), key));
        }
        match note {
            Some(mut note) if !note.is_gone() => {
                note.stage = Stage::Gone;
                note.stopping = None;
                self.notes.write(&note)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn note_of_stray(&self, key: &Key, family: &[Stat]) -> Note {
        Note {
            key: key.clone(),
            digest: String::new(),
            boot: self.boot.clone(),
            port: 0,
            prefix: String::new(),
            stage: family.first().map_or(Stage::Intended, |stat| Stage::Started(stat.process)),
            answered: false,
            tries: 0,
            output: Place::default(),
            stopping: None,
        }
    }
}

/// Signals whole sessions where their leader is ours, and every process of ours besides.
fn signal(family: &[Stat], signal: Signal) -> io::Result<()> {
    for stat in family {
        let number = i32::try_from(stat.process.pid).ok().and_then(Pid::from_raw);
        // Looked at again right before: a number may have been given to somebody else.
        let Some(pid) = number.filter(|_| proc::runs(stat.process).unwrap_or(false)) else {
            continue;
        };
        let sent = if stat.session == stat.process.pid {
            kill_process_group(pid, signal)
        } else if family.iter().any(|leader| leader.process.pid == stat.session) {
            Ok(())
        } else {
            kill_process(pid, signal)
        };
        match sent {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn scenario_06_a_stop_asks_once_waits_and_then_forces() {
        let settings = ProcessSettings::default();
        let at = |seconds| Timestamp::default().after(Duration::from_secs(seconds));
        let (first, push) = Stopping::next(None, Urgency::Gentle, at(0), &settings);
        assert_eq!(push, Push::Ask);
        let (same, push) = Stopping::next(Some(first), Urgency::Gentle, at(29), &settings);
        assert_eq!((same, push), (first, Push::Wait));
        let (_, push) = Stopping::next(Some(first), Urgency::Gentle, at(30), &settings);
        assert_eq!(push, Push::Force);
    }

    #[test]
    fn a_hurry_shortens_the_wait_and_nothing_lengthens_it() {
        let settings = ProcessSettings::default();
        let at = |seconds| Timestamp::default().after(Duration::from_secs(seconds));
        let (gentle, _) = Stopping::next(None, Urgency::Gentle, at(0), &settings);
        let (hurried, push) = Stopping::next(Some(gentle), Urgency::Now, at(5), &settings);
        assert_eq!((hurried.until, push), (at(15), Push::Wait));
        let (late, _) = Stopping::next(Some(hurried), Urgency::Now, at(14), &settings);
        assert_eq!(late.until, at(15));
        assert_eq!(Stopping::next(Some(late), Urgency::Gentle, at(15), &settings).1, Push::Force);
    }
}

//! Ending a program: it is asked, waited for, and forced.
use std::io;
use std::sync::PoisonError;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::ProcessSettings;
use super::marker;
use super::note::{Note, Stage, Stopping};
use super::proc::{self, Stat};
use super::runtime::Machine;
use crate::blocking::Wanted;
use crate::disk::refused;
use crate::local::logs::Place;
use crate::model::{Urgency, Waiting};
use crate::ports::{Endpoint, Observed, Progress, Stop};
use crate::{LaunchId, MonotonicTime, Result};

/// How many calls at least a program is waited for before it is forced, however long these took: while the machine sleeps it
/// has no time to end.
const CALLS: u32 = 4;

/// What to do to a program that should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Push {
    Ask,
    Wait,
    Force,
}

/// How long a program has had to end, and how long it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grace {
    waited: Duration,
    counted: MonotonicTime,
    limit: Duration,
}

impl Grace {
    /// The next thing to do at `now` to a program that `was_asked` to end, or not. A hurry that comes later shortens the wait. A
    /// process that knows nothing of the wait so far begins it anew.
    fn next(
        earlier: Option<Self>,
        was_asked: bool,
        how: Stop,
        now: MonotonicTime,
        settings: &ProcessSettings,
    ) -> (Self, Push) {
        let patience = match how {
            Urgency::Gentle => settings.gentle,
            Urgency::Now => settings.hurried,
        };
        let Some(earlier) = earlier.filter(|_| was_asked) else {
            let fresh = Self { waited: Duration::ZERO, counted: now, limit: patience };
            return (fresh, if was_asked { Push::Wait } else { Push::Ask });
        };
        let waited = earlier.waited + now.since(earlier.counted).min(earlier.limit / CALLS);
        let limit = match how {
            Urgency::Gentle => earlier.limit,
            Urgency::Now => earlier.limit.min(waited + patience),
        };
        let push = if waited >= limit { Push::Force } else { Push::Wait };
        (Self { waited, counted: now, limit }, push)
    }
}

impl Machine {
    /// Moves the end of the launch `key` along.
    pub(super) fn stop(
        &self,
        key: &LaunchId,
        how: Stop,
        wanted: &Wanted,
    ) -> Result<Observed<Endpoint>> {
        let refuse = |error| refused(error, "stopping a program", &self.notes.0);
        let note = self.notes.read(key).map_err(refuse)?;
        let family = self.family(key, note.as_ref()).map_err(refuse)?;
        wanted.check()?;
        if family.is_empty() {
            self.settle(key, note).map_err(refuse)?;
            return Ok(Observed::Absent);
        }
        let mut note = note.unwrap_or_else(|| self.note_of_stray(key, &family));
        let push = self.push(key, note.stopping.is_some(), how);
        if note.stopping.is_none() {
            note.stopping = Some(Stopping { asked: self.clock.now() });
            // Written first: whoever comes after a crash waits, and does not ask again.
            self.notes.write(&note).map_err(refuse)?;
        }
        match push {
            Push::Ask => signal(&family, Signal::TERM).map_err(refuse)?,
            Push::Wait => {}
            Push::Force => signal(&family, Signal::KILL).map_err(refuse)?,
        }
        Ok(Observed::Pending(Some(Progress::waiting(Waiting::ProgramStop))))
    }

    fn push(&self, key: &LaunchId, was_asked: bool, how: Stop) -> Push {
        let mut graces = self.graces.lock().unwrap_or_else(PoisonError::into_inner);
        let (earlier, now) = (graces.get(key).copied(), self.clock.monotonic());
        let (grace, push) = Grace::next(earlier, was_asked, how, now, &self.settings);
        graces.insert(key.clone(), grace);
        push
    }

    /// Every process of the launch that runs: its leader first.
    fn family(&self, key: &LaunchId, note: Option<&Note>) -> io::Result<Vec<Stat>> {
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
    fn settle(&self, key: &LaunchId, note: Option<Note>) -> io::Result<()> {
        self.reap(key);
        self.voices.forget(key);
        self.graces.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
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

    fn note_of_stray(&self, key: &LaunchId, family: &[Stat]) -> Note {
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
    use super::*;

    fn at(seconds: u64) -> MonotonicTime {
        MonotonicTime(Duration::from_secs(seconds))
    }

    /// What is done to a program that is asked to end at 0, and then looked at like this.
    fn pushes(calls: &[(u64, Urgency)]) -> Vec<Push> {
        let settings = ProcessSettings::default();
        let mut grace = None;
        let mut push = |(seconds, how): &(u64, Urgency)| {
            let (next, push) = Grace::next(grace, grace.is_some(), *how, at(*seconds), &settings);
            grace = Some(next);
            push
        };
        calls.iter().map(&mut push).collect()
    }

    fn every(step: usize, seconds: std::ops::RangeInclusive<u64>) -> Vec<(u64, Urgency)> {
        seconds.step_by(step).map(|at| (at, Urgency::Gentle)).collect()
    }

    #[test]
    fn scenario_06_a_stop_asks_once_waits_and_then_forces() {
        let pushes = pushes(&every(2, 0..=30));
        assert_eq!(pushes[0], Push::Ask);
        assert!(pushes[1..15].iter().all(|push| *push == Push::Wait), "{pushes:?}");
        assert_eq!(pushes[15], Push::Force);
    }

    #[test]
    fn a_hurry_shortens_the_wait_and_nothing_lengthens_it() {
        let mut calls = every(1, 0..=4);
        calls.extend((5..=15).map(|at| (at, Urgency::Now)));
        let hurried = pushes(&calls);
        assert!(hurried[1..15].iter().all(|push| *push == Push::Wait), "{hurried:?}");
        assert_eq!(hurried[15], Push::Force);
        calls[15].1 = Urgency::Gentle;
        assert_eq!(pushes(&calls)[15], Push::Force, "not even patience");
    }

    #[test]
    fn a_program_that_slept_with_the_machine_is_given_its_time_all_the_same() {
        let slept =
            pushes(&[(0, Urgency::Gentle), (3_600, Urgency::Gentle), (3_601, Urgency::Gentle)]);
        assert_eq!(slept, [Push::Ask, Push::Wait, Push::Wait]);
        let calls: Vec<_> = (0..=4).map(|hour| (hour * 3_600, Urgency::Gentle)).collect();
        assert_eq!(pushes(&calls)[4], Push::Force, "but not for ever");
    }

    #[test]
    fn whoever_comes_after_a_crash_waits_from_then_on_and_asks_no_second_time() {
        let settings = ProcessSettings::default();
        let (grace, push) = Grace::next(None, true, Urgency::Gentle, at(9_000), &settings);
        assert_eq!((push, grace.limit), (Push::Wait, settings.gentle));
        let (_, push) = Grace::next(Some(grace), false, Urgency::Gentle, at(9_900), &settings);
        assert_eq!(push, Push::Ask, "a stop that nobody knows of is a new one");
    }
}

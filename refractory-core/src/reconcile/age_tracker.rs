//! Measuring how old what rows tell is, by the monotonic clock of this process.
//!
//! A row holds dates, because it outlives processes. The clock that wrote them may have been set since, or be another machine's.
//! So a worker notes when it first met each of them, and counts from there.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::WorkerOptions;
use super::ages::{Age, Ages};
use crate::clock::ClockHistory;
use crate::model::{Attempt, Claim, Instance, Operation, Record, StepRecord};
use crate::{MonotonicTime, Timestamp};

/// Two dates that are the same by chance, because the clock was set back, are further apart than this.
const SAME: Duration = Duration::from_secs(1);

/// One moment by both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) date: Timestamp,
    pub(super) at: MonotonicTime,
}

impl Moment {
    pub(super) fn now(clock: &ClockHistory) -> Self {
        Self { date: clock.now(), at: clock.monotonic() }
    }
}

/// When this worker first met each date of each row.
#[derive(Debug, Default)]
pub(super) struct AgeTracker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How long this process has been awake, and until when that is counted.
    awake: Duration,
    counted: Option<MonotonicTime>,
    rows: BTreeMap<String, Row>,
}

#[derive(Debug, Default)]
struct Row {
    /// How long the instance has been looked at, and when it last was.
    watched: Duration,
    looked: Option<MonotonicTime>,
    /// How long nobody was to look at it after that.
    planned: Duration,
    dates: BTreeMap<Timestamp, Met>,
    /// The end of the claim this worker last wrote, and when it did.
    claimed: Option<(Timestamp, MonotonicTime)>,
}

/// How a date was met.
#[derive(Debug, Clone, Copy)]
struct Met {
    at: MonotonicTime,
    /// How old it was then.
    age: Duration,
    awake: Duration,
    watched: Duration,
    own: bool,
}

impl AgeTracker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The age of every date in `row`, which is looked at `now` by a worker that was `born` then.
    pub(super) fn look(
        &self,
        row: &impl Dated,
        (now, born): (Moment, Moment),
        clock: &ClockHistory,
        options: &WorkerOptions,
    ) -> Ages {
        let mut state = self.state();
        let awake = state.stay_awake(now.at, options);
        let known = state.rows.entry(row.name().to_owned()).or_default();
        known.count(now.at, options);
        let dates = row.dates(options);
        known.dates.retain(|date, _| dates.contains(date));
        let watched = known.watched;
        for date in dates {
            let meet = || {
                let (own, age) = (date == born.date, clock.age(date).unwrap_or_default());
                let (at, age) = if own { (born.at, Duration::ZERO) } else { (now.at, age) };
                Met { at, age, awake, watched, own }
            };
            known.dates.entry(date).or_insert_with(meet);
        }
        known.write(now, awake);
        let ages = known.dates.iter().map(|(date, met)| {
            let known_for = now.at.since(met.at);
            let age = Age {
                since: met.age + known_for,
                awake: met.age + awake.saturating_sub(met.awake),
                known: known_for,
                watched: known.watched.saturating_sub(met.watched),
                inherited: !met.own || met.at < born.at,
            };
            (*date, age)
        });
        let mut ages: BTreeMap<_, _> = ages.collect();
        let alive = now.at.since(born.at);
        let of_birth =
            Age { since: alive, awake: alive, known: alive, watched: alive, inherited: false };
        ages.entry(born.date).or_insert(of_birth);
        Ages::new(now.date, born.date, ages)
    }

    /// How old the dates of `row` are to whoever only reads it, and was not told to look after it.
    pub(super) fn peek(
        &self,
        row: &impl Dated,
        now: Moment,
        clock: &ClockHistory,
        options: &WorkerOptions,
    ) -> Ages {
        let state = self.state();
        let known = state.rows.get(row.name());
        let ages = row.dates(options).into_iter().map(|date| {
            let met = known.and_then(|known| known.dates.get(&date));
            let since = met.map_or_else(
                || clock.age(date).unwrap_or_default(),
                |met| met.age + now.at.since(met.at),
            );
            let awake = met.map_or(since, |met| met.age + state.awake.saturating_sub(met.awake));
            let known = met.map_or(Duration::ZERO, |met| now.at.since(met.at));
            (date, Age { since, awake, known, watched: known, inherited: true })
        });
        Ages::new(now.date, now.date, ages.collect())
    }

    /// Says that this process is awake.
    pub(super) fn tick(&self, at: MonotonicTime, options: &WorkerOptions) {
        self.state().stay_awake(at, options);
    }

    /// `of` is to be looked at again after `wait`.
    pub(super) fn plan(&self, of: &str, wait: Duration) {
        if let Some(row) = self.state().rows.get_mut(of) {
            row.planned = wait;
        }
    }

    /// `of` is somebody else's: until it is looked at again, nobody here looks after it.
    pub(super) fn leave(&self, of: &str) {
        if let Some(row) = self.state().rows.get_mut(of) {
            row.looked = None;
        }
    }

    /// This worker has written a claim on `of` that lapses on `until`.
    pub(super) fn claim(&self, of: &str, until: Timestamp, at: MonotonicTime) {
        self.state().rows.entry(of.to_owned()).or_default().claimed = Some((until, at));
    }

    /// When this worker wrote the claim on `of` that lapses on `until`.
    pub(super) fn claimed_at(&self, of: &str, until: Timestamp) -> Option<MonotonicTime> {
        let state = self.state();
        let (known, at) = state.rows.get(of)?.claimed?;
        (known == until).then_some(at)
    }

    /// `of` is gone.
    pub(super) fn forget(&self, of: &str) {
        self.state().rows.remove(of);
    }
}

impl State {
    /// Counts the time since this was last asked as time awake; of a longer one than a process ever works through, only so much.
    fn stay_awake(&mut self, at: MonotonicTime, options: &WorkerOptions) -> Duration {
        let passed = self.counted.map_or(Duration::ZERO, |counted| at.since(counted));
        let longest = options.probe.max(options.poll * 20) + options.deadline;
        self.awake += passed.min(longest);
        self.counted = Some(at);
        self.awake
    }
}

impl Row {
    /// Counts the time since the instance was last looked at, as far as that was planned and a call may take.
    fn count(&mut self, at: MonotonicTime, options: &WorkerOptions) {
        let passed = self.looked.map_or(Duration::ZERO, |looked| at.since(looked));
        let longest = self.planned.min(options.backoff_cap) + options.deadline;
        self.watched += passed.min(longest);
        self.looked = Some(at);
    }

    /// What is written now has this date, and is this worker's.
    fn write(&mut self, now: Moment, awake: Duration) {
        let fresh =
            Met { at: now.at, age: Duration::ZERO, awake, watched: self.watched, own: true };
        let met = self.dates.entry(now.date).or_insert(fresh);
        if met.age + now.at.since(met.at) > SAME {
            *met = fresh;
        }
        met.own = true;
    }
}

/// What holds dates that something is counted from.
pub(super) trait Dated {
    /// What it is known by; no other record has it.
    fn name(&self) -> &str;
    /// Every such date.
    fn dates(&self, options: &WorkerOptions) -> Vec<Timestamp>;
}

impl Dated for Instance {
    fn name(&self) -> &str {
        self.id.as_str()
    }

    fn dates(&self, options: &WorkerOptions) -> Vec<Timestamp> {
        let attempts = self.journal.iter().filter_map(|(_, record)| match record {
            Record::Intended(attempt) => Some(attempt),
            Record::Held(_) | Record::Lost => None,
        });
        let mut dates = dates_of(attempts, self.claim.as_ref(), options);
        dates.extend(self.losses.iter().copied());
        dates.extend(self.fault.as_ref().map(|fault| fault.met(options.backoff_cap)));
        dates.extend(self.teardown.as_ref().map(|teardown| teardown.since));
        dates.extend(self.suspected_failure.as_ref().map(|suspected| suspected.since));
        dates.extend(self.seen.as_ref().map(|seen| seen.at));
        dates.extend(self.preemption.as_ref().map(|preemption| preemption.since));
        let others = [self.unanswered, self.written_off, self.started, self.setup.settings_saved];
        dates.extend(others.into_iter().flatten());
        dates
    }
}

impl Dated for Operation {
    fn name(&self) -> &str {
        self.id.as_str()
    }

    fn dates(&self, options: &WorkerOptions) -> Vec<Timestamp> {
        let attempts = self.journal.iter().filter_map(|(_, record)| match record {
            StepRecord::Intended(attempt) => Some(attempt),
            StepRecord::Done(_) | StepRecord::Undone(_) => None,
        });
        let mut dates = dates_of(attempts, self.claim.as_ref(), options);
        dates.extend(self.fault.as_ref().map(|fault| fault.met));
        dates.extend(self.unanswered);
        dates
    }
}

fn dates_of<'a>(
    attempts: impl Iterator<Item = &'a Attempt>,
    claim: Option<&Claim>,
    options: &WorkerOptions,
) -> Vec<Timestamp> {
    let mut dates: Vec<_> = attempts.flat_map(|it| [it.since, it.moved]).collect();
    dates.extend(claim.map(|claim| claim.written(options.claim)));
    dates
}

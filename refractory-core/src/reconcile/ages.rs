//! How old what a row tells is. Pure: measured elsewhere, and only read here.
use std::collections::BTreeMap;
use std::time::Duration;

use crate::Timestamp;

/// How old one date in a row is, in ways that differ once a clock is set, a process is frozen or another one takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Age {
    /// How long ago it was, as far as anybody can say.
    pub(crate) since: Duration,
    /// The same, without the time that this process slept through.
    pub(crate) awake: Duration,
    /// How long this worker has known of it: what nobody's clock can lengthen.
    pub(crate) known: Duration,
    /// How long the instance has been looked at since this worker knows of it: a time without looks is not counted.
    pub(crate) watched: Duration,
    /// Whether somebody else wrote it, or this worker before it was born anew.
    pub(crate) inherited: bool,
}

/// The age of every date in one row.
#[derive(Debug, Clone)]
pub(crate) struct Ages {
    /// The present date.
    pub(crate) now: Timestamp,
    /// When this worker was born, or last broke a call off: a call made before may have been left in the air unrecorded.
    pub(crate) born: Timestamp,
    of: BTreeMap<Timestamp, Age>,
}

impl Ages {
    pub(crate) fn new(now: Timestamp, born: Timestamp, of: BTreeMap<Timestamp, Age>) -> Self {
        Self { now, born, of }
    }

    /// The ages that dates have where nobody sets a clock, and this worker has seen all that was.
    #[cfg(test)]
    pub(crate) fn by_dates(now: Timestamp, born: Timestamp) -> Self {
        Self::new(now, born, BTreeMap::new())
    }

    fn age(&self, date: Timestamp) -> Age {
        let since = self.now.since(date);
        let dated =
            Age { since, awake: since, known: since, watched: since, inherited: date < self.born };
        self.of.get(&date).copied().unwrap_or(dated)
    }

    /// How long ago `date` was.
    pub(crate) fn since(&self, date: Timestamp) -> Duration {
        self.age(date).since
    }

    /// The same, without the time that this process slept through.
    pub(crate) fn awake(&self, date: Timestamp) -> Duration {
        self.age(date).awake
    }

    /// How long this worker has known of `date`.
    pub(crate) fn known(&self, date: Timestamp) -> Duration {
        self.age(date).known
    }

    /// How long the instance has been looked at since this worker knows of `date`.
    pub(crate) fn watched(&self, date: Timestamp) -> Duration {
        self.age(date).watched
    }

    /// Whether this worker could not know what was in the air at `date`.
    pub(crate) fn is_inherited(&self, date: Timestamp) -> bool {
        self.age(date).inherited
    }

    /// The later one of two dates, whatever the dates say.
    pub(crate) fn later(&self, one: Option<Timestamp>, other: Timestamp) -> Timestamp {
        one.filter(|one| self.known(*one) < self.known(other)).unwrap_or(other)
    }
}

//! Which workers live: those that were heard of lately.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::WorkerMark;
use crate::{MonotonicTime, Timestamp, WorkerId};

/// How far ahead of ours a clock may be that still counts as right.
const SKEW: Duration = Duration::from_secs(10);

/// When each worker was last heard of. Its own clock does not count, once it was seen to write its mark anew.
#[derive(Debug, Default)]
pub(crate) struct Liveness(Mutex<BTreeMap<WorkerId, Heard>>);

#[derive(Debug, Clone, Copy)]
struct Heard {
    revision: u64,
    /// When this revision was first seen here.
    met: MonotonicTime,
    /// How old it was then at most; none where nobody can say.
    age: Option<Duration>,
    /// When it was last looked for.
    looked: MonotonicTime,
}

impl Liveness {
    fn all(&self) -> MutexGuard<'_, BTreeMap<WorkerId, Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard(&self, mark: &WorkerMark, (now, at): (Timestamp, MonotonicTime)) -> Heard {
        let mut all = self.all();
        let by_date = (mark.seen <= now.after(SKEW)).then(|| now.since(mark.seen));
        let fresh = |age| Heard { revision: mark.revision, met: at, age, looked: at };
        let heard = all.entry(mark.id.clone()).or_insert_with(|| fresh(by_date));
        if heard.revision != mark.revision {
            // It was written since it was last looked for, whatever its date says.
            let at_most = at.since(heard.looked);
            *heard = fresh(Some(by_date.map_or(at_most, |age| age.min(at_most))));
        }
        heard.looked = at;
        *heard
    }

    /// Whether the worker of `mark` was heard of within `span`. Of a mark that is seen for the first time its date decides; one
    /// that is later than now proves nothing before it is written anew.
    pub(crate) fn is_alive(
        &self,
        mark: &WorkerMark,
        now: (Timestamp, MonotonicTime),
        span: Duration,
    ) -> bool {
        let heard = self.heard(mark, now);
        heard.age.is_some_and(|age| age.saturating_add(now.1.since(heard.met)) < span)
    }

    /// Whether `mark` has not been written anew for `span`, by no clock but ours.
    pub(crate) fn is_silent(
        &self,
        mark: &WorkerMark,
        now: (Timestamp, MonotonicTime),
        span: Duration,
    ) -> bool {
        now.1.since(self.heard(mark, now).met) > span
    }

    /// Forgets all but `marks`.
    pub(crate) fn keep(&self, marks: &[WorkerMark]) {
        self.all().retain(|id, _| marks.iter().any(|mark| mark.id == *id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(20);

    fn mark(seen: u64, revision: u64) -> WorkerMark {
        WorkerMark {
            id: WorkerId::new("worker").unwrap(),
            born: Timestamp(0),
            seen: Timestamp(seen),
            unlisted: Vec::new(),
            duties: Vec::new(),
            revision,
        }
    }

    fn at(seconds: u64, date: u64) -> (Timestamp, MonotonicTime) {
        (Timestamp(date), MonotonicTime(Duration::from_secs(seconds)))
    }

    #[test]
    fn a_mark_of_another_clock_is_alive_as_long_as_it_is_written() {
        let known = Liveness::default();
        assert!(!known.is_alive(&mark(9_000_000, 1), at(0, 100_000), SPAN), "it proves nothing");
        assert!(known.is_alive(&mark(9_005_000, 2), at(5, 105_000), SPAN));
        assert!(known.is_alive(&mark(9_005_000, 2), at(19, 119_000), SPAN));
        assert!(!known.is_alive(&mark(9_005_000, 2), at(25, 125_000), SPAN));
        assert!(!known.is_alive(&mark(9_010_000, 3), at(90, 190_000), SPAN), "perhaps long ago");
        let slow = Liveness::default();
        assert!(!slow.is_alive(&mark(1_000, 7), at(0, 100_000), SPAN));
        assert!(slow.is_alive(&mark(6_000, 8), at(5, 105_000), SPAN));
    }

    #[test]
    fn setting_the_clock_ends_no_worker_and_revives_none() {
        let known = Liveness::default();
        assert!(known.is_alive(&mark(100_000, 1), at(0, 101_000), SPAN));
        assert!(known.is_alive(&mark(100_000, 1), at(4, 90_000_000), SPAN), "a day forward");
        assert!(known.is_alive(&mark(100_000, 1), at(18, 1_000), SPAN), "and back");
        assert!(!known.is_alive(&mark(100_000, 1), at(30, 1_000), SPAN), "it died");
        assert!(!known.is_silent(&mark(100_000, 1), at(30, 90_000_000), SPAN * 15));
        assert!(known.is_silent(&mark(100_000, 1), at(301, 1_000), SPAN * 15));
    }
}

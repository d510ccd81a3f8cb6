//! How the wall clock was set while this process ran, and how old a date is in spite of it.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Clock, MonotonicTime, Timestamp};

/// How far both clocks may come apart between two readings before the wall clock counts as set, and the part of the time
/// between them that is added: a clock that is slewed is not set.
const TOLERANCE: Duration = Duration::from_secs(1);
const SLEWED: u32 = 100;
/// How many settings of the clock are remembered.
const REMEMBERED: usize = 64;

/// The wall clock, and how it was set since this process began to read it.
///
/// A date written before the clock was set is as old as the monotonic clock says, not as the difference of two dates says.
#[derive(Debug)]
pub(crate) struct ClockHistory {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The stretches in which nobody set the clock, but for the present one.
    past: Vec<Stretch>,
    /// The first date of the present one; none where nobody has set the clock yet.
    begins: Option<Timestamp>,
    /// The last reading at which the wall clock had moved.
    last: Reading,
    /// When both were last read.
    read: MonotonicTime,
}

/// Both clocks, read together.
#[derive(Debug, Clone, Copy)]
struct Reading {
    wall: Timestamp,
    at: MonotonicTime,
}

/// A stretch of time in which nobody set the wall clock.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// Its first date; none where it began before this process.
    begins: Option<Timestamp>,
    /// Its last reading.
    end: Reading,
    /// How much later it may have ended.
    slack: Duration,
}

impl Stretch {
    /// How long before `now` the date `of` was, if it was in this stretch.
    fn age(self, of: Timestamp, now: MonotonicTime) -> Option<Duration> {
        let inside =
            self.begins.is_none_or(|begins| begins <= of) && of <= self.end.wall.after(self.slack);
        let ended = now.since(self.end.at);
        let age =
            ended.saturating_add(self.end.wall.since(of)).saturating_sub(of.since(self.end.wall));
        inside.then_some(age)
    }
}

impl ClockHistory {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let last = Reading { wall: clock.now(), at: clock.monotonic() };
        Self {
            clock,
            state: Mutex::new(State { past: Vec::new(), begins: None, last, read: last.at }),
        }
    }

    /// The present date: what the wall clock shows, helped on by the monotonic one while it stands still, so that two moments
    /// never have one date. Whoever asks often enough misses no setting of the clock.
    pub(crate) fn now(&self) -> Timestamp {
        let (state, at) = self.read();
        state.date(at)
    }

    /// What the monotonic clock shows.
    pub(crate) fn monotonic(&self) -> MonotonicTime {
        self.clock.monotonic()
    }

    /// How long ago the date `of` was written; `None` for one that is later than now, and that nobody can have written here.
    ///
    /// Where the clock was set back, the same date is shown twice: then it is the later one of both.
    pub(crate) fn age(&self, of: Timestamp) -> Option<Duration> {
        let (state, at) = self.read();
        let now = state.date(at);
        let present = of <= now && state.begins.is_none_or(|begins| begins <= of);
        let present = present.then(|| now.since(of));
        let past = state.past.iter().filter_map(|stretch| stretch.age(of, at));
        past.chain(present).min().or_else(|| (of <= now).then(|| now.since(of)))
    }

    fn read(&self) -> (MutexGuard<'_, State>, MonotonicTime) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Reading { wall: self.clock.now(), at: self.clock.monotonic() };
        state.note(now);
        (state, now.at)
    }
}

impl State {
    fn date(&self, at: MonotonicTime) -> Timestamp {
        self.last.wall.after(at.since(self.last.at))
    }

    fn note(&mut self, now: Reading) {
        let unseen = now.at.since(self.read);
        let seen = Reading { wall: self.date(self.read), at: self.read };
        self.read = now.at;
        // A wall clock that stands still says nothing: the last reading is the one to count from.
        if now.wall == self.last.wall {
            return;
        }
        let passed = now.at.since(self.last.at);
        let expected = self.date(now.at);
        let apart = now.wall.since(expected).max(expected.since(now.wall));
        if apart > TOLERANCE + passed / SLEWED {
            tracing::warn!(was = %expected, is = %now.wall, "the clock of this machine was set");
            if self.past.len() >= REMEMBERED {
                self.past.remove(0);
            }
            self.past.push(Stretch { begins: self.begins, end: seen, slack: unseen });
            self.begins = Some(now.wall.before(unseen));
        }
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const HOUR: Duration = Duration::from_hours(1);
    const MINUTE: Duration = Duration::from_mins(1);

    /// Two clocks that a test moves.
    #[derive(Debug, Default, Clone)]
    struct Hands(Arc<Mutex<(Timestamp, MonotonicTime)>>);

    impl Hands {
        fn pass(&self, time: Duration) {
            let mut both = self.0.lock().unwrap();
            *both = (both.0.after(time), both.1.after(time));
        }

        fn set(&self, to: Timestamp) {
            self.0.lock().unwrap().0 = to;
        }
    }

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            self.0.lock().unwrap().0
        }

        fn monotonic(&self) -> MonotonicTime {
            self.0.lock().unwrap().1
        }
    }

    fn begun() -> (Hands, ClockHistory) {
        let hands = Hands::default();
        hands.set(Timestamp(0).after(DAY * 365));
        (hands.clone(), ClockHistory::new(Arc::new(hands)))
    }

    #[test]
    fn where_nobody_sets_the_clock_dates_are_as_old_as_they_look() {
        let (hands, history) = begun();
        let written = history.now();
        hands.pass(HOUR);
        assert_eq!(history.age(written), Some(HOUR));
        assert_eq!(history.age(written.before(DAY)), Some(DAY + HOUR), "before this process too");
        assert_eq!(history.age(written.after(DAY)), None, "later than now");
    }

    #[test]
    fn a_clock_put_forward_makes_nothing_older() {
        let (hands, history) = begun();
        let before = history.now().before(HOUR);
        let written = history.now();
        hands.pass(MINUTE);
        history.now();
        hands.set(history.now().after(DAY));
        assert_eq!(history.age(written), Some(MINUTE));
        assert_eq!(history.age(before), Some(HOUR + MINUTE));
        let later = history.now();
        hands.pass(MINUTE);
        assert_eq!(history.age(later), Some(MINUTE));
        assert_eq!(history.age(written), Some(MINUTE * 2));
    }

    #[test]
    fn a_clock_set_back_makes_nothing_younger_than_it_is_but_where_a_date_was_shown_twice() {
        let (hands, history) = begun();
        let first = history.now();
        hands.pass(HOUR);
        let written = history.now();
        hands.pass(MINUTE);
        history.now();
        hands.set(first.after(MINUTE));
        assert_eq!(history.age(written), Some(MINUTE), "it looks later than now");
        hands.pass(MINUTE);
        assert_eq!(history.age(first.after(MINUTE)), Some(MINUTE), "the later one of both");
        assert_eq!(history.age(first.before(MINUTE)), Some(HOUR + MINUTE * 3));
    }

    #[test]
    fn what_is_written_between_two_readings_is_found_on_either_side_of_a_setting() {
        let (hands, history) = begun();
        hands.pass(Duration::from_secs(30));
        let written = hands.now();
        hands.pass(Duration::from_secs(30));
        hands.set(hands.now().after(DAY));
        let after = hands.now();
        hands.pass(Duration::from_secs(30));
        assert_eq!(history.age(written), Some(MINUTE));
        assert_eq!(history.age(after), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_clock_that_is_slewed_or_read_late_is_not_set() {
        let (hands, history) = begun();
        let written = history.now();
        for _ in 0..100 {
            hands.pass(MINUTE);
            hands.set(hands.now().after(Duration::from_millis(30)));
            history.now();
        }
        assert_eq!(history.age(written), Some(hands.now().since(written)));
        assert_eq!(history.read().0.past.len(), 0);
        for _ in 0..REMEMBERED * 2 {
            hands.set(hands.now().after(DAY));
            history.now();
        }
        assert_eq!(history.read().0.past.len(), REMEMBERED, "what is remembered is bounded");
    }

    #[test]
    fn a_clock_that_stands_still_is_helped_on() {
        let (hands, history) = begun();
        let stands = history.now();
        for minute in 1..=60 {
            hands.pass(MINUTE);
            hands.set(stands);
            assert_eq!(history.now(), stands.after(MINUTE * minute));
        }
        assert_eq!(history.age(stands), Some(HOUR));
        hands.set(stands.after(HOUR));
        assert_eq!(history.age(stands), Some(HOUR), "it goes on where it should be");
        assert_eq!(history.read().0.past.len(), 0, "and was not set");
        let (hands, history) = begun();
        let stands = history.now();
        hands.pass(HOUR);
        hands.set(stands);
        history.now();
        hands.pass(MINUTE);
        hands.set(stands.after(MINUTE));
        let before = stands.before(MINUTE);
        assert_eq!(history.age(before), Some(HOUR + MINUTE * 2), "it goes on where it stood");
    }
}

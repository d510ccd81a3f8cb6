//! Stamps: the order of writes, as far as several writers can agree on one.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use refractory_core::ports::{Kind, Position};
use refractory_core::{Clock as _, MonotonicTime, SystemClock};

/// How long a write may be under way after its stamp was taken: a call ends within eight seconds.
pub(super) const UNDER_WAY: Duration = Duration::from_secs(10);
/// How far the clocks of two writers may differ where nothing is written that would bring them together.
const SKEW: Duration = Duration::from_hours(1);
/// How long a deletion is reported. DynamoDB keeps it longer than that.
pub(super) const DELETIONS_FOR: Duration = Duration::from_hours(25);

/// The stamps that this process has seen and given, by kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Stamps(Arc<Mutex<BTreeMap<Kind, SeenStamps>>>);

#[derive(Debug, Clone, Copy)]
struct SeenStamps {
    /// The latest that was seen or given.
    last: u64,
    /// The latest that was read from the table, and when it was first read.
    newest: u64,
    since: MonotonicTime,
}

impl Stamps {
    fn seen(&self) -> MutexGuard<'_, BTreeMap<Kind, SeenStamps>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any stamp of `kind` was read from the table: before that, none may be given.
    pub(super) fn knows(&self, kind: Kind) -> bool {
        self.seen().contains_key(&kind)
    }

    /// Notes the latest stamp that is stored.
    pub(super) fn note(&self, kind: Kind, stamp: u64) {
        let fresh = SeenStamps { last: stamp, newest: stamp, since: SystemClock.monotonic() };
        let mut seen = self.seen();
        let seen = seen.entry(kind).or_insert(fresh);
        seen.last = stamp.max(seen.last);
        if stamp > seen.newest {
            (seen.newest, seen.since) = (stamp, fresh.since);
        }
    }

    /// A stamp for a write of `kind`: later than every one that was seen.
    pub(super) fn next(&self, kind: Kind) -> u64 {
        let mut seen = self.seen();
        let none = SeenStamps { last: 0, newest: 0, since: SystemClock.monotonic() };
        let seen = seen.entry(kind).or_insert(none);
        seen.last = now().max(seen.last.saturating_add(1));
        seen.last
    }

    /// The latest stamp that is stored, if nothing later was seen for as long as a write may be under way: then none that is
    /// earlier comes any more. No clock but this process's own, which cannot be set, decides about that.
    pub(super) fn settled(&self, kind: Kind) -> Option<u64> {
        let seen = self.seen().get(&kind).copied()?;
        (SystemClock.monotonic().since(seen.since) >= UNDER_WAY).then_some(seen.newest)
    }
}

/// How far a reader has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadPosition {
    /// Everything up to this stamp was returned.
    pub(super) stamp: u64,
    pub(super) reached: ReadProgress,
}

/// What a reader met behind its stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadProgress {
    /// There is more.
    More,
    /// The end, and something that is earlier may still be stored.
    End,
    /// The end, and nothing that is earlier was under way any more when it was read.
    SettledEnd,
}

impl ReadPosition {
    /// What a position says.
    pub(super) fn of(position: Position) -> Self {
        let reached = match position.0 % 4 {
            1 => ReadProgress::End,
            2 => ReadProgress::SettledEnd,
            _ => ReadProgress::More,
        };
        Self { stamp: position.0 / 4, reached }
    }

    /// As a position. At one stamp they are in the order in which a reader comes to them.
    pub(super) fn position(self) -> Position {
        let behind = match self.reached {
            ReadProgress::More => 0,
            ReadProgress::End => 1,
            ReadProgress::SettledEnd => 2,
        };
        Position(self.stamp.min(u64::MAX / 4 - 1) * 4 + behind)
    }

    /// After which stamp to read on: where something earlier may have been stored since, a bit of what was read is read again.
    pub(super) fn read_after(self) -> u64 {
        match self.reached {
            ReadProgress::End => self.stamp.saturating_sub(micros(UNDER_WAY)),
            ReadProgress::More | ReadProgress::SettledEnd => self.stamp,
        }
    }

    /// Where a reader is that was at `self` and has read everything up to `newest`, the last there is; `settled` before it read.
    pub(super) fn end(self, newest: u64, settled: Option<u64>) -> Self {
        // Where nothing is written, time alone takes it forward: deletions are not reported for ever.
        let stamp = self.stamp.max(newest).max(now().saturating_sub(micros(SKEW)));
        let stays = newest == 0 && self.reached == ReadProgress::SettledEnd;
        let is_settled = stays || settled.is_some_and(|settled| newest <= settled);
        Self {
            stamp,
            reached: if is_settled { ReadProgress::SettledEnd } else { ReadProgress::End },
        }
    }

    /// Whether deletions since may have been forgotten.
    pub(super) fn is_expired(self) -> bool {
        self.stamp != 0 && self.stamp < now().saturating_sub(micros(DELETIONS_FOR))
    }
}

/// A stamp as a sort key.
pub(super) fn text(stamp: u64) -> String {
    format!("{stamp:020}")
}

/// The stamp in a sort key.
pub(super) fn read(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.len() == 20)
}

pub(super) fn now() -> u64 {
    SystemClock.now().0.saturating_mul(1_000)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_go_forward_whatever_the_clock_says() {
        let stamps = Stamps::default();
        let first = stamps.next(Kind::Event);
        assert!(stamps.next(Kind::Event) > first, "in the same microsecond");
        let future = first + micros(Duration::from_hours(48));
        stamps.note(Kind::Event, future);
        assert!(stamps.next(Kind::Event) > future, "another writer's clock is ahead");
        assert!(stamps.next(Kind::User) < future, "each kind has an order of its own");
    }

    #[test]
    fn what_was_seen_settles_once_nothing_later_came_for_long_enough() {
        let stamps = Stamps::default();
        let (first, later) = (now(), now() + 5);
        let long_ago = || {
            let ago = MonotonicTime(SystemClock.monotonic().since(MonotonicTime(UNDER_WAY)));
            stamps.seen().get_mut(&Kind::User).unwrap().since = ago;
        };
        assert_eq!(stamps.settled(Kind::User), None, "nothing was read");
        stamps.note(Kind::User, first);
        assert_eq!(stamps.settled(Kind::User), None, "just written");
        long_ago();
        assert_eq!(stamps.settled(Kind::User), Some(first));
        stamps.next(Kind::User);
        stamps.note(Kind::User, first - 1);
        assert_eq!(stamps.settled(Kind::User), Some(first), "given is not stored, old is no news");
        stamps.note(Kind::User, later);
        assert_eq!(stamps.settled(Kind::User), None);
        long_ago();
        assert_eq!(stamps.settled(Kind::User), Some(later));
    }

    #[test]
    fn a_reader_looks_back_until_it_has_read_what_is_settled() {
        let (stamp, back) = (now(), micros(UNDER_WAY));
        let at = |reached| ReadPosition { stamp, reached };
        assert_eq!(at(ReadProgress::More).read_after(), stamp);
        assert_eq!(at(ReadProgress::End).read_after(), stamp - back);
        assert_eq!(at(ReadProgress::SettledEnd).read_after(), stamp);
        let start = ReadPosition::of(Position::START);
        assert_eq!(start.end(stamp, None), at(ReadProgress::End), "a new process");
        assert_eq!(start.end(stamp, Some(stamp - 1)), at(ReadProgress::End), "it is news");
        // However long ago the last read was: what was stored late is met now, and not again.
        assert_eq!(at(ReadProgress::End).end(stamp, Some(stamp)), at(ReadProgress::SettledEnd));
        for settled in [None, Some(stamp)] {
            assert_eq!(at(ReadProgress::SettledEnd).end(0, settled), at(ReadProgress::SettledEnd));
        }
        let order = [ReadProgress::More, ReadProgress::End, ReadProgress::SettledEnd]
            .map(|it| at(it).position());
        assert!(
            order.is_sorted() && order.iter().all(|it| ReadPosition::of(*it).position() == *it)
        );
        assert!(
            order[2] < ReadPosition { stamp: stamp + 1, reached: ReadProgress::More }.position()
        );
    }

    #[test]
    fn a_position_is_not_left_behind_by_time() {
        let ago = |span| now() - micros(span);
        let start = ReadPosition::of(Position::START);
        assert_eq!(start, ReadPosition { stamp: 0, reached: ReadProgress::More });
        assert!(!start.is_expired());
        let middle =
            ReadPosition { stamp: ago(Duration::from_mins(1)), reached: ReadProgress::More };
        assert_eq!(middle.end(0, None).stamp, middle.stamp);
        assert!(start.end(0, None).stamp > ago(Duration::from_hours(2)));
        assert!(!start.end(0, None).is_expired());
        assert!(ReadPosition { stamp: ago(Duration::from_hours(26)), ..middle }.is_expired());
    }

    #[test]
    fn a_stamp_is_read_as_it_was_written_and_an_id_is_none() {
        assert_eq!(read(&text(7)), Some(7));
        assert_eq!(read("4fjx"), None);
        assert_eq!(read("123"), None);
    }
}

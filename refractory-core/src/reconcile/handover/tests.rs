#![expect(clippy::unnecessary_wraps, reason = "rows of a table are written as the code reads them")]
use super::*;
use crate::model::{Held, NewInstance, Seen, Slug, Step, Urgency};
use crate::ports::{Endpoint, Reason};
use crate::{Error, ErrorKind};

const NOW: Timestamp = Timestamp(100_000);
const LAG: Duration = Duration::from_secs(3);
const GRACE: Duration = Duration::from_mins(1);

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).unwrap()
}

fn instance(name: &str, power: Power) -> Instance {
    let new = NewInstance::named(Slug::new(name).unwrap());
    let mut row = Instance::new(id(name), new, NOW);
    row.want(power, Urgency::Gentle, NOW);
    row
}

fn ages() -> Ages {
    Ages::by_dates(NOW, NOW)
}

/// How long until `holder` may be asked, if it may.
fn left(holder: &Instance) -> Option<Duration> {
    empty_for(holder, &ages()).map(|empty| GRACE.saturating_sub(empty))
}

/// Joins blocked for `to`, this long ago.
fn preemption(to: &str, ago: u64) -> Option<Preemption> {
    Some(Preemption { to: id(to), since: Timestamp(NOW.0 - ago) })
}

fn players(players: u32) -> Result<Observed<GameStatus>> {
    Ok(Observed::Ready(GameStatus { version: None, world: None, players }))
}

/// What is not "nobody plays": somebody does, or nobody knows.
fn busy() -> Vec<Result<Observed<GameStatus>>> {
    let silent = Err(Error::new(ErrorKind::Unavailable, "asking"));
    let broken = Ok(Observed::Broken(Reason("odd".into())));
    vec![players(1), silent, broken, Ok(Observed::Absent), Ok(Observed::Pending(None))]
}

#[test]
fn nobody_plays_row_by_row() {
    let mut holder = instance("a", Power::On);
    for (blocked, expected) in [
        (None, Move::Block),
        (preemption("b", 1_000), Move::Wait(Duration::from_secs(2))),
        (preemption("b", 3_000), Move::Off),
        (preemption("c", 9_000), Move::Leave),
    ] {
        holder.preemption = blocked;
        assert_eq!(next(&holder, &id("b"), &players(0), &ages(), LAG), expected);
    }
}

#[test]
fn somebody_plays_or_nobody_knows_row_by_row() {
    let mut holder = instance("a", Power::On);
    for asked in busy() {
        for (blocked, expected) in [
            (None, Move::Leave),
            (preemption("b", 1_000), Move::Unblock),
            (preemption("b", 9_000), Move::Unblock),
            (preemption("c", 9_000), Move::Leave),
        ] {
            holder.preemption = blocked;
            assert_eq!(next(&holder, &id("b"), &asked, &ages(), LAG), expected, "{asked:?}");
        }
    }
}

#[test]
fn a_move_is_written_into_the_row_of_the_holder() {
    let mut holder = instance("a", Power::On);
    assert!(!apply(&mut holder, &id("b"), Move::Leave, NOW));
    assert!(apply(&mut holder, &id("b"), Move::Block, NOW));
    assert_eq!(holder.preemption, preemption("b", 0));
    assert!(!apply(&mut holder, &id("b"), Move::Wait(LAG), NOW));
    assert!(apply(&mut holder, &id("b"), Move::Unblock, NOW));
    assert_eq!(holder.preemption, None);
    assert!(apply(&mut holder, &id("b"), Move::Off, NOW));
    assert_eq!((holder.desired.power, holder.desired.urgency), (Power::Off, Urgency::Gentle));
}

/// So many were seen there since so long ago.
fn seen(players: u32, ago: u64) -> Option<Seen> {
    Some(Seen { players, version: None, world: None, at: Timestamp(NOW.0 - ago) })
}

#[test]
fn only_who_is_on_and_has_been_empty_for_a_while_is_asked_row_by_row() {
    let mut holder = on("a");
    for (what, blocked, last, expected) in [
        ("nobody has looked yet", None, None, None),
        ("somebody plays", None, seen(1, 90_000), None),
        ("it was started just now", None, seen(0, 0), Some(60_000)),
        ("it has been empty for a while", None, seen(0, 59_000), Some(1_000)),
        ("it has been empty for long enough", None, seen(0, 60_000), Some(0)),
        ("it is being asked already", preemption("b", 1_000), seen(0, 0), Some(0)),
        ("it is being asked, and nobody knows who plays", preemption("b", 1_000), None, Some(0)),
    ] {
        (holder.preemption, holder.seen) = (blocked, last);
        assert_eq!(left(&holder), expected.map(Duration::from_millis), "{what}");
    }
    (holder.preemption, holder.seen) = (None, seen(0, 90_000));
    holder.journal.lose(Step::Runtime);
    assert_eq!(left(&holder), None, "it does not run");
    let mut holder = Instance { seen: seen(0, 90_000), ..on("a") };
    holder.want(Power::Off, Urgency::Gentle, NOW);
    assert_eq!(left(&holder), None, "it is wanted off");
}

#[test]
fn whoever_asks_for_an_empty_table_again_is_waited_for() {
    let mut holder = Instance { seen: seen(0, 90_000), ..on("a") };
    let generation = holder.generation;
    assert!(holder.want(Power::On, Urgency::Gentle, NOW), "there is something to write");
    assert_eq!(left(&holder), Some(GRACE));
    assert_eq!(holder.generation, generation, "it is the same wish");
    assert!(!holder.want(Power::On, Urgency::Gentle, NOW), "and once is enough");
    holder.preemption = preemption("b", 1_000);
    assert!(holder.want(Power::On, Urgency::Gentle, Timestamp(NOW.0 + 5)));
    assert_eq!(left(&holder), Some(GRACE));
    assert!(holder.want(Power::On, Urgency::Gentle, NOW), "the clock was set back");
    assert_eq!(holder.seen.as_ref().map(|seen| seen.at), Some(NOW));
    let mut played = Instance { seen: seen(2, 90_000), ..on("a") };
    assert!(!played.want(Power::On, Urgency::Gentle, NOW), "who plays is there already");
}

#[test]
fn only_who_has_no_license_waits() {
    let mut row = instance("a", Power::On);
    assert!(still_waits(Some(&row)) && !still_waits(None));
    row.journal.hold(Step::License, Held::License(None));
    assert!(!still_waits(Some(&row)));
}

/// A table that is on.
fn on(name: &str) -> Instance {
    let mut row = instance(name, Power::On);
    row.journal.hold(Step::License, Held::License(None));
    row.journal.hold(Step::Volume, Held::Volume(String::new()));
    row.journal.hold(Step::Assets, Held::Assets(String::new()));
    row.journal.hold(Step::Runtime, Held::Runtime(Endpoint::new("127.0.0.1", 1)));
    row.journal.hold(Step::World, Held::World(None));
    let name = crate::model::Hostname::under(&row.slug, "example.org");
    row.journal.hold(Step::Name, Held::Name(name));
    row
}

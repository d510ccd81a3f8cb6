#![expect(clippy::unnecessary_wraps, reason = "rows of a table are written as the code reads them")]
use super::*;
use crate::model::{Held, NewInstance, Slug, Step, Urgency};
use crate::ports::{Endpoint, Reason};
use crate::{Error, ErrorKind};

const NOW: Timestamp = Timestamp(100_000);
const LAG: Duration = Duration::from_secs(3);

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).unwrap()
}

fn instance(name: &str, power: Power) -> Instance {
    let new = NewInstance::named(Slug::new(name).unwrap());
    let mut row = Instance::new(id(name), new, NOW);
    row.want(power, Urgency::Gentle, NOW);
    row
}

/// Joins blocked for `to`, this long ago.
fn yielding(to: &str, ago: u64) -> Option<Yielding> {
    Some(Yielding { to: id(to), since: Timestamp(NOW.0 - ago) })
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
        (yielding("b", 1_000), Move::Wait(Duration::from_secs(2))),
        (yielding("b", 3_000), Move::Off),
        (yielding("c", 9_000), Move::Leave),
    ] {
        holder.yielding = blocked;
        assert_eq!(next(&holder, &id("b"), &players(0), NOW, LAG), expected);
    }
}

#[test]
fn somebody_plays_or_nobody_knows_row_by_row() {
    let mut holder = instance("a", Power::On);
    for asked in busy() {
        for (blocked, expected) in [
            (None, Move::Leave),
            (yielding("b", 1_000), Move::Unblock),
            (yielding("b", 9_000), Move::Unblock),
            (yielding("c", 9_000), Move::Leave),
        ] {
            holder.yielding = blocked;
            assert_eq!(next(&holder, &id("b"), &asked, NOW, LAG), expected, "{asked:?}");
        }
    }
}

#[test]
fn a_move_is_written_into_the_row_of_the_holder() {
    let mut holder = instance("a", Power::On);
    assert!(!apply(&mut holder, &id("b"), Move::Leave, NOW));
    assert!(apply(&mut holder, &id("b"), Move::Block, NOW));
    assert_eq!(holder.yielding, yielding("b", 0));
    assert!(!apply(&mut holder, &id("b"), Move::Wait(LAG), NOW));
    assert!(apply(&mut holder, &id("b"), Move::Unblock, NOW));
    assert_eq!(holder.yielding, None);
    assert!(apply(&mut holder, &id("b"), Move::Off, NOW));
    assert_eq!((holder.wish.power, holder.wish.urgency), (Power::Off, Urgency::Gentle));
}

#[test]
fn only_who_is_on_can_make_room_and_only_who_has_no_licence_waits() {
    let mut row = instance("a", Power::On);
    assert!(!may_yield(&row) && still_waits(Some(&row)) && !still_waits(None));
    row.journal.hold(Step::License, Held::License(None));
    assert!(!still_waits(Some(&row)));
    row.journal.hold(Step::Volume, Held::Volume(String::new()));
    row.journal.hold(Step::Assets, Held::Assets(String::new()));
    row.journal.hold(Step::Runtime, Held::Runtime(Endpoint::new("127.0.0.1", 1)));
    row.journal.hold(Step::World, Held::World(None));
    let name = crate::model::Hostname::under(&row.slug, "example.org");
    row.journal.hold(Step::Name, Held::Name(name));
    assert!(may_yield(&row));
    row.want(Power::Off, Urgency::Gentle, NOW);
    assert!(!may_yield(&row) && !still_waits(Some(&row)));
}

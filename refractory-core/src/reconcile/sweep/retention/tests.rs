use proptest::prelude::*;

use super::*;
use crate::model::{Named, Principal, Role, SignInFailure, SignInMethod};
use crate::{InstanceId, UserId};

const DAY: u64 = 24 * 3600 * 1000;

fn options() -> WorkerOptions {
    WorkerOptions::default()
}

fn person(name: &str) -> Principal {
    Principal {
        user: Some(UserId::new(name).unwrap()),
        name: name.to_owned(),
        via: Via::Web,
        ..Principal::anonymous(Via::Web)
    }
}

fn user() -> Named<UserId> {
    Named::new(UserId::new("bert").unwrap(), "bert")
}

fn role() -> EventKind {
    EventKind::RoleChanged { user: user(), from: Role::Player, to: Role::Admin }
}

fn link() -> EventKind {
    EventKind::SignInLinkCreated { user: user() }
}

fn sign_in() -> EventKind {
    EventKind::SignedIn { method: SignInMethod::Password }
}

fn failed() -> EventKind {
    EventKind::SignInFailed { name: "anna".to_owned(), reason: SignInFailure::Credentials }
}

fn event(who: &Principal, at: u64, kind: EventKind, table: bool) -> Event {
    let table = table.then(|| InstanceId::new("friday").unwrap());
    let instance = table.map(|id| Named::new(id, "Friday"));
    Event { instance, ..Event::by(who, Timestamp(at), kind) }
}

fn kept(events: &[Event], now: u64) -> Vec<&Event> {
    let entries: Vec<_> = events.iter().map(Entry::of).collect();
    let gone = superfluous(&entries, |at| Timestamp(now).since(at), &options());
    events.iter().filter(|event| !gone.contains(&event.id)).collect()
}

#[test]
fn busy_work_pushes_out_neither_what_others_did_nor_what_else_one_did() {
    let (anna, eve) = (person("anna"), person("eve"));
    let mut events = vec![
        event(&eve, 1, role(), false),
        event(&eve, 2, EventKind::DeletionRequested, true),
        event(&eve, 3, EventKind::StartRequested, true),
    ];
    events.extend((0..1000).map(|at| event(&anna, 10 + at, EventKind::StartRequested, true)));
    let quiet: BTreeSet<_> = events.iter().map(|event| event.id.clone()).collect();
    events.extend((0..60_000).map(|at| event(&eve, 2000 + at, EventKind::StartRequested, true)));
    events.extend((0..30_000).map(|at| event(&eve, 2000 + at, link(), false)));
    let kept = kept(&events, 100_000);
    assert!(kept.len() <= options().events);
    let left: BTreeSet<_> = kept.iter().map(|event| event.id.clone()).collect();
    assert!(
        quiet.is_subset(&left),
        "{} of {} are lost",
        quiet.difference(&left).count(),
        quiet.len()
    );
    let latest = events.iter().rev().find(|event| event.kind == link()).unwrap();
    assert!(left.contains(&latest.id), "the newest is there");
}

#[test]
fn failures_from_everywhere_push_out_nothing_but_failures() {
    let anna = person("anna");
    let mut events: Vec<_> = (0..500)
        .map(|at| event(&anna, at, sign_in(), false))
        .chain(
            (0..500).map(|at| event(&anna, at, EventKind::PasswordChanged { user: user() }, false)),
        )
        .collect();
    events.extend((0..50_000_u32).map(|at| {
        let from = std::net::Ipv4Addr::from_bits(at).into();
        let stranger = Principal::anonymous(Via::Web).seen_at(Some(from));
        event(&stranger, 1000 + u64::from(at), failed(), false)
    }));
    let kept = kept(&events, 60_000);
    let count = |kind: &EventKind| kept.iter().filter(|event| event.kind == *kind).count();
    assert_eq!(
        (count(&sign_in()), count(&EventKind::PasswordChanged { user: user() })),
        (500, 500)
    );
    assert_eq!(count(&failed()), options().events / 5);
    let newest = events.last().unwrap();
    assert!(kept.iter().any(|event| event.id == newest.id));
}

#[test]
fn a_table_that_fails_for_ever_pushes_out_no_other_table() {
    let system = Principal::system();
    let of = |table: &str, at: u64| {
        let table = InstanceId::new(table).unwrap();
        let instance = Some(Named::new(table, ""));
        Event { instance, ..Event::by(&system, Timestamp(at), EventKind::InstanceStarted) }
    };
    let mut events: Vec<_> = (0..100).map(|at| of("calm", at)).collect();
    events.extend((0..40_000).map(|at| of("broken", 1000 + at)));
    let calm = InstanceId::new("calm").unwrap();
    let kept = kept(&events, 100_000);
    assert_eq!(
        kept.iter()
            .filter(|event| event.instance.as_ref().is_some_and(|table| table.id == calm))
            .count(),
        100
    );
}

#[test]
fn each_kind_has_its_time() {
    let anna = person("anna");
    let rows = [
        (failed(), false, 30),
        (sign_in(), false, 90),
        (EventKind::SignedOut, false, 90),
        (role(), false, 180),
        (EventKind::StartRequested, true, 180),
        (EventKind::SetupEntered, true, 180),
    ];
    for (kind, table, days) in rows {
        let events = [event(&anna, DAY, kind.clone(), table)];
        assert_eq!(kept(&events, DAY + days * DAY - 1).len(), 1, "{kind:?}");
        assert_eq!(kept(&events, DAY + days * DAY).len(), 0, "{kind:?}");
    }
    let ahead = [event(&anna, 9 * DAY, failed(), false)];
    assert_eq!(kept(&ahead, DAY).len(), 1, "a clock that was ahead deletes nothing");
}

proptest! {
    #[test]
    fn a_share_is_fair(counts in prop::collection::vec(0..200_usize, 1..40), room in 40..2000_usize) {
        let share = fair_share(counts.clone(), room);
        let total: usize = counts.iter().map(|count| (*count).min(share)).sum();
        prop_assert!(total <= room);
        let more: usize = counts.iter().map(|count| (*count).min(share.saturating_add(1))).sum();
        prop_assert!(share == usize::MAX || more > room, "{share} could be more");
    }
}

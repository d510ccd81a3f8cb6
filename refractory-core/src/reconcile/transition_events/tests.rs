use std::time::Duration;

use super::*;
use crate::model::{HolderActivity, LicenseWait, NewInstance, Power, Seen, Slug, Urgency};
use crate::ports::{Endpoint, Progress};
use crate::{Cause, Code, ErrorKind, InstanceId};

const NOW: Timestamp = Timestamp(1_000);

fn instance() -> Instance {
    let new = NewInstance::named(Slug::new("friday").unwrap());
    let mut instance = Instance::new(InstanceId::new("i1").unwrap(), new, NOW);
    instance.want(Power::On, Urgency::Gentle, NOW);
    instance
}

fn license() -> LicenseId {
    LicenseId::new("l1").unwrap()
}

fn names(before: &Instance, after: &Instance) -> Vec<String> {
    let all = transition_events(before, after, NOW);
    all.iter().map(|event| event.kind.name().to_owned()).collect()
}

fn failed(instance: &Instance, attempts: u32, terminal: bool) -> Instance {
    let mut after = instance.clone();
    after.fault = Some(Fault {
        step: Step::Volume,
        kind: ErrorKind::Exhausted,
        cause: Some(Cause::new(Code::EXHAUSTED)),
        message: "No space.".to_owned(),
        attempts,
        retry_at: NOW,
        wait: Some(Duration::from_secs(2)),
        terminal,
        generation: instance.generation,
    });
    after
}

#[test]
fn each_failed_attempt_of_a_start_is_told_once() {
    let fresh = instance();
    let first = failed(&fresh, 1, false);
    let kinds: Vec<_> =
        transition_events(&fresh, &first, NOW).into_iter().map(|e| e.kind).collect();
    let EventKind::AttemptFailed { step, attempt, retry, .. } = &kinds[0] else {
        panic!("{kinds:?}")
    };
    assert_eq!((*step, *attempt, *retry), (Step::Volume, 1, Some(Duration::from_secs(2))));
    assert_eq!(names(&first, &first), Vec::<String>::new(), "nothing new");
    let (second, last) = (failed(&fresh, 2, false), failed(&fresh, 3, true));
    assert_eq!(names(&first, &second), ["attempt-failed"]);
    let event = &transition_events(&second, &last, NOW)[0];
    assert!(matches!(event.kind, EventKind::AttemptFailed { retry: None, .. }), "{event:?}");
}

#[test]
fn what_cannot_be_undone_is_told_ever_more_rarely() {
    let mut off = instance();
    off.want(Power::Off, Urgency::Gentle, NOW);
    let told = |attempts: u32| {
        !names(&failed(&off, attempts - 1, false), &failed(&off, attempts, false)).is_empty()
    };
    let all: Vec<_> = (2..=64).filter(|attempts| told(*attempts)).collect();
    assert_eq!(all, [2, 4, 8, 16, 32, 64]);
}

#[test]
fn a_license_is_granted_handed_over_and_returned() {
    let waiting = |holder: Option<Named<InstanceId>>| {
        let mut row = instance();
        let used = LicenseUse {
            license: Named::new(license(), "club"),
            holder,
            since: None,
            activity: HolderActivity::Players(0),
        };
        let wait = LicenseWait { licenses: vec![used], ..LicenseWait::default() };
        let mut attempt = Attempt::begun(NOW);
        attempt.progress = Some(Progress::waiting(Waiting::License(wait)));
        row.journal.intend(Step::License, attempt);
        row
    };
    let mut has = instance();
    has.journal.hold(Step::License, Held::License(Some((license(), 1))));
    assert_eq!(names(&instance(), &has), ["license-granted"]);
    assert_eq!(names(&waiting(None), &has), ["license-granted"]);
    let other = Named::new(InstanceId::new("i2").unwrap(), "Monday");
    let event = &transition_events(&waiting(Some(other.clone())), &has, NOW)[0];
    let EventKind::LicenseHandedOver { license: what, from, to } = &event.kind else {
        panic!("{event:?}")
    };
    assert_eq!((what.name.as_str(), from, to), ("club", &other, &has.named()));
    assert_eq!(event.instances(), [&has.id, &other.id], "it is about both");
    let mut gone = has.clone();
    gone.journal.clear(Step::License);
    assert_eq!(names(&has, &gone), ["license-returned"]);
    let mut none = instance();
    none.journal.hold(Step::License, Held::License(None));
    assert_eq!(names(&instance(), &none), Vec::<String>::new(), "none was needed");
}

#[test]
fn a_world_is_told_when_it_opens_and_not_when_it_is_looked_at_again() {
    let world = || Some(WorldId::new("barovia").unwrap());
    let mut closed = instance();
    closed.journal.hold(Step::Runtime, Held::Runtime(Endpoint::new("h", 1)));
    let mut open = closed.clone();
    open.journal.hold(Step::World, Held::World(world()));
    assert_eq!(names(&closed, &open), ["world-opened"]);
    let mut setup = closed.clone();
    setup.journal.hold(Step::World, Held::World(None));
    assert_eq!(names(&closed, &setup), Vec::<String>::new());
    let seen = |row: &Instance, world| {
        let mut row = row.clone();
        row.seen = Some(Seen { players: 0, version: None, world, at: NOW });
        row
    };
    assert_eq!(names(&seen(&setup, None), &seen(&setup, world())), ["world-opened"]);
    assert_eq!(
        names(&setup, &seen(&setup, world())),
        Vec::<String>::new(),
        "it may have been open"
    );
    assert_eq!(names(&seen(&open, None), &seen(&open, world())), Vec::<String>::new());
}

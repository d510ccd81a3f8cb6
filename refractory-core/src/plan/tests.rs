use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::model::{Attempt, Fault, Hostname, NewInstance, Phase, Slug, Teardown, Urgency};
use crate::ports::Endpoint;
use crate::{ErrorKind, InstanceId, LicenseId};

const NOW: Timestamp = Timestamp(1_000);
const NONE: Duration = Duration::ZERO;

fn instance(power: Power) -> Instance {
    let new = NewInstance::named(Slug::new("friday").unwrap());
    let mut instance = Instance::new(InstanceId::new("a").unwrap(), new, NOW);
    instance.want(power, Urgency::Gentle, NOW);
    instance
}

fn held(step: Step) -> Held {
    let slug = Slug::new("friday").unwrap();
    match step {
        Step::License => Held::License(Some((LicenseId::new("key").unwrap(), 1))),
        Step::Volume => Held::Volume(String::new()),
        Step::Assets => Held::Assets(String::new()),
        Step::Runtime => Held::Runtime(Endpoint::new("127.0.0.1", 1)),
        Step::World => Held::World(None),
        Step::Name => Held::Name(Hostname::under(&slug, "example.org")),
    }
}

/// With everything below `next` held.
fn up_to(power: Power, next: Option<Step>) -> Instance {
    let mut instance = instance(power);
    for step in Step::ALL.into_iter().filter(|step| next.is_none_or(|next| *step < next)) {
        instance.journal.hold(step, held(step));
    }
    instance
}

fn fault(instance: &Instance, retry_at: Timestamp, terminal: bool) -> Fault {
    Fault {
        cause: None,
        step: Step::Runtime,
        kind: ErrorKind::Unavailable,
        message: String::new(),
        attempts: 1,
        retry_at,
        wait: None,
        terminal,
        generation: instance.generation,
    }
}

#[test]
fn on_takes_the_first_step_that_is_missing() {
    for step in Step::ALL {
        let mut instance = up_to(Power::On, Some(step));
        assert_eq!(decide(&instance, NONE), Decision::Intend(step));
        instance.journal.intend(step, Attempt::begun(NOW));
        assert_eq!(decide(&instance, NONE), Decision::Ensure(step));
    }
    assert_eq!(decide(&up_to(Power::On, None), NONE), Decision::Probe);
}

#[test]
fn a_launch_that_is_to_be_replaced_goes_and_the_license_stays() {
    let mut instance = up_to(Power::On, None);
    instance.epoch = 3;
    instance.replace_launch(NOW);
    let mut order = Vec::new();
    while let Decision::Remove(step) = decide(&instance, NONE) {
        assert_eq!(instance.phase(), Phase::Starting(Step::Runtime));
        order.push(step);
        instance.journal.clear(step);
    }
    assert_eq!(order, [Step::Name, Step::World, Step::Runtime]);
    assert_eq!(decide(&instance, NONE), Decision::Intend(Step::Runtime));
    instance.epoch = 4;
    for step in order {
        instance.journal.hold(step, held(step));
    }
    assert_eq!(decide(&instance, NONE), Decision::Probe, "the next launch stays");
}

#[test]
fn off_and_gone_take_the_last_step_that_must_go() {
    let mut order = Vec::new();
    let mut instance = up_to(Power::Off, None);
    while let Decision::Remove(step) = decide(&instance, NONE) {
        order.push(step);
        instance.journal.clear(step);
    }
    assert_eq!(order, [Step::Name, Step::World, Step::Runtime, Step::License]);
    assert_eq!(decide(&instance, NONE), Decision::Rest);
    instance.want(Power::Gone, Urgency::Gentle, NOW);
    for step in [Step::Assets, Step::Volume] {
        assert_eq!(decide(&instance, NONE), Decision::Remove(step));
        instance.journal.clear(step);
    }
    assert_eq!(decide(&instance, NONE), Decision::Forget);
}

#[test]
fn a_live_fault_waits_and_a_new_wish_forgives() {
    let mut instance = up_to(Power::On, Some(Step::Runtime));
    instance.fault = Some(fault(&instance, Timestamp(2_000), false));
    let left = Duration::from_secs(1);
    assert_eq!(decide(&instance, left), Decision::Wait(left));
    assert_eq!(decide(&instance, NONE), Decision::Intend(Step::Runtime));
    instance.want(Power::On, Urgency::Gentle, NOW);
    assert_eq!(decide(&instance, left), Decision::Intend(Step::Runtime));
}

#[test]
fn a_start_that_was_given_up_is_a_stop() {
    let mut instance = up_to(Power::On, Some(Step::World));
    instance.fault = Some(fault(&instance, NOW, true));
    assert_eq!(decide(&instance, NONE), Decision::Remove(Step::Runtime));
}

#[test]
fn a_lost_step_takes_down_what_stands_on_it_and_nothing_below() {
    let mut instance = up_to(Power::On, None);
    instance.journal.lose(Step::Runtime);
    for step in [Step::Name, Step::World, Step::Runtime] {
        assert_eq!(decide(&instance, NONE), Decision::Remove(step));
        instance.journal.clear(step);
    }
    assert_eq!(decide(&instance, NONE), Decision::Intend(Step::Runtime));
}

#[test]
fn data_is_never_removed_because_something_was_lost() {
    for lost in Step::ALL {
        let mut instance = up_to(Power::On, None);
        instance.journal.lose(lost);
        for _ in 0..20 {
            match decide(&instance, NONE) {
                Decision::Remove(step) => {
                    assert!(!step.outlives_off(), "{lost:?} lost, {step:?} removed");
                    instance.journal.clear(step);
                }
                Decision::Intend(step) => instance.journal.hold(step, held(step)),
                Decision::Ensure(_)
                | Decision::Probe
                | Decision::Wait(_)
                | Decision::Rest
                | Decision::Forget => break,
            }
        }
        assert_eq!(decide(&instance, NONE), Decision::Probe, "{lost:?}");
    }
}

#[test]
fn what_has_begun_to_go_goes_all_the_way() {
    let mut instance = up_to(Power::On, None);
    instance.teardown = Some(Teardown { step: Step::World, since: NOW, failures: 0 });
    assert_eq!(decide(&instance, NONE), Decision::Remove(Step::Name));
    instance.journal.clear(Step::Name);
    assert_eq!(decide(&instance, NONE), Decision::Remove(Step::World));
    instance.journal.clear(Step::World);
    assert_eq!(decide(&instance, NONE), Decision::Intend(Step::World));
}

#[test]
fn a_rename_takes_the_old_name_away_even_where_it_was_only_intended() {
    let mut instance = up_to(Power::On, None);
    instance.slug = Slug::new("saturday").unwrap();
    assert_eq!(decide(&instance, NONE), Decision::Remove(Step::Name));
    let name = Some(Hostname::under(&Slug::new("friday").unwrap(), "example.org"));
    instance.journal.intend(Step::Name, Attempt { name, ..Attempt::begun(NOW) });
    assert_eq!(decide(&instance, NONE), Decision::Remove(Step::Name));
}

#[test]
fn another_license_is_taken_before_a_launch_and_never_under_one() {
    let mut instance = up_to(Power::On, Some(Step::Runtime));
    instance.desired.spec.license = LicenseChoice::Only(LicenseId::new("other").unwrap());
    assert_eq!(decide(&instance, NONE), Decision::Remove(Step::License));
    instance.journal.hold(Step::Runtime, held(Step::Runtime));
    assert_eq!(decide(&instance, NONE), Decision::Intend(Step::World));
}

fn any_record() -> impl Strategy<Value = u8> {
    0_u8..4
}

proptest! {
    /// From any journal and any wish, repeated steps against a perfect world reach the wish.
    #[test]
    fn every_journal_reaches_every_wish(
        records in proptest::collection::vec(any_record(), 6),
        teardown in proptest::option::of(0_usize..6),
        power in 0_u8..3,
        renamed in any::<bool>(),
        license in 0_u8..3,
    ) {
        let power = [Power::On, Power::Off, Power::Gone][usize::from(power)];
        let mut instance = instance(power);
        for (step, record) in Step::ALL.into_iter().zip(records) {
            match record {
                0 => {}
                1 => instance.journal.intend(step, Attempt::begun(NOW)),
                2 => instance.journal.hold(step, held(step)),
                _ => instance.journal.lose(step),
            }
        }
        instance.teardown =
            teardown.map(|at| Teardown { step: Step::ALL[at], since: NOW, failures: 0 });
        instance.desired.spec.license = match license {
            0 => LicenseChoice::Any,
            1 => LicenseChoice::Only(LicenseId::new("other").unwrap()),
            _ => LicenseChoice::NotNeeded,
        };
        if renamed {
            instance.slug = Slug::new("saturday").unwrap();
        }
        let end = reach(&mut instance);
        let wished = match power {
            Power::On => Decision::Probe,
            Power::Off => Decision::Rest,
            Power::Gone => Decision::Forget,
        };
        prop_assert_eq!(end, Some(wished));
    }
}

/// Carries decisions out in a perfect world, for forty steps at most.
fn reach(instance: &mut Instance) -> Option<Decision> {
    for _ in 0..40 {
        match decide(instance, NONE) {
            Decision::Intend(step) => instance.journal.intend(step, Attempt::begun(NOW)),
            Decision::Ensure(step) => {
                let made = perfect(instance, step);
                instance.journal.hold(step, made);
            }
            Decision::Remove(step) => {
                instance.journal.clear(step);
                instance.teardown = None;
            }
            Decision::Wait(_) => return None,
            end @ (Decision::Probe | Decision::Rest | Decision::Forget) => return Some(end),
        }
    }
    None
}

fn perfect(instance: &Instance, step: Step) -> Held {
    match (step, &instance.desired.spec.license) {
        (Step::License, LicenseChoice::NotNeeded) => Held::License(None),
        (Step::License, LicenseChoice::Only(id)) => Held::License(Some((id.clone(), 1))),
        (Step::Name, _) => Held::Name(Hostname::under(&instance.slug, "example.org")),
        _ => held(step),
    }
}

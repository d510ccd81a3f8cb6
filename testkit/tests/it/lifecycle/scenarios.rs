//! Failure scenarios from the field, by number.
use std::time::Duration;

use refractory_core::model::{EventKind, Health, Phase, Slug, Step, Urgency, Waiting};
use refractory_core::{Change, Clock, ErrorKind, InstanceId, Worker};
use testkit::conformance::orphaned_resources::Litter;
use testkit::fault::{Faults, PowerCut};
use testkit::world::World;

use super::house::{Goal, House, op, said};

const MINUTE: Duration = Duration::from_mins(1);

async fn started(house: &House, name: &str) -> InstanceId {
    started_by(house, &mut house.worker(), name).await
}

async fn started_by(house: &House, worker: &mut Worker, name: &str) -> InstanceId {
    let id = house.table(name).await;
    house.start(&id).await;
    assert!(house.reach(worker, &mut PowerCut::default(), &id, Goal::OnAfter(0)).await);
    id
}

#[tokio::test(start_paused = true)]
async fn scenario_01_two_starts_at_once_are_one_launch() {
    let house = House::quiet(1).await;
    let id = house.table("one").await;
    let operator = op();
    let (one, other) =
        tokio::join!(house.app.start(&operator, &id), house.app.start(&operator, &id));
    assert_eq!(one.unwrap().generation, other.unwrap().generation, "one wish");
    let (first, second) = (house.worker(), house.worker());
    for _ in 0..200 {
        tokio::join!(Box::pin(first.pass()), Box::pin(second.pass()));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(house.is_on(&id).await);
    assert_eq!(house.get(&id).await.unwrap().epoch, 1, "one launch");
    assert_eq!(house.world.machines().len(), 1);
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn scenario_02_stop_rename_and_delete_are_heard_at_every_step_of_a_start() {
    for passes in 1..40 {
        for what in ["stop", "rename", "delete"] {
            let house = House::quiet(1).await;
            house.world.configure(|knobs| (knobs.boot_polls, knobs.open_polls) = (2, 2));
            let id = house.table("one").await;
            house.start(&id).await;
            let mut worker = house.worker();
            for _ in 0..passes {
                worker.pass().await;
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
            let goal = match what {
                "stop" => {
                    house.stop(&id).await;
                    Goal::Off
                }
                "rename" => {
                    let change =
                        Change { slug: Some(Slug::new("moved").unwrap()), ..Change::default() };
                    house.app.change(&op(), &id, change).await.unwrap();
                    Goal::OnAfter(0)
                }
                _ => {
                    house.delete(&id).await;
                    Goal::Gone
                }
            };
            let reached = house.reach(&mut worker, &mut PowerCut::default(), &id, goal).await;
            assert!(reached, "{what} after {passes}: {:?}", house.get(&id).await);
            assert_eq!(house.world.violations(), Vec::<String>::new(), "{what} after {passes}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn scenario_02_a_start_is_heard_at_every_step_of_a_stop() {
    for passes in 0..20 {
        let house = House::quiet(1).await;
        house.world.configure(|knobs| (knobs.stop_polls, knobs.close_polls) = (2, 2));
        let id = started(&house, "one").await;
        house.stop(&id).await;
        let mut worker = house.worker();
        for _ in 0..passes {
            worker.pass().await;
        }
        house.start(&id).await;
        let mut cut = PowerCut::default();
        assert!(house.reach(&mut worker, &mut cut, &id, Goal::OnAfter(0)).await);
        house.run(&worker, MINUTE).await;
        let row = house.get(&id).await.unwrap();
        assert!(matches!(row.phase(), Phase::On(_)) && row.losses.is_empty(), "{passes}: {row:?}");
        assert_eq!(house.world.violations(), Vec::<String>::new(), "after {passes}");
    }
}

#[tokio::test(start_paused = true)]
async fn scenario_03_a_restarted_worker_adopts_what_runs_even_where_polls_fail() {
    let house = House::quiet(2).await;
    let (one, two) = (started(&house, "one").await, started(&house, "two").await);
    let before = house.world.machines();
    house.world.configure(|knobs| knobs.status_unknown = true);
    house.world.lose_node(None);
    house.run(&house.worker(), Duration::from_mins(20)).await;
    assert!(house.is_on(&one).await && house.is_on(&two).await, "unknown is not absent");
    house.world.find_node();
    house.run(&house.worker(), MINUTE).await;
    assert_eq!(house.world.machines(), before, "none was restarted");
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn scenario_04_a_crash_between_launch_and_record_adopts_the_launch() {
    for poll in 1..400 {
        let house = House::quiet(1).await;
        let id = house.table("one").await;
        house.start(&id).await;
        let (mut worker, mut cut) = (house.worker(), PowerCut::at(poll));
        assert!(house.reach(&mut worker, &mut cut, &id, Goal::OnAfter(0)).await, "poll {poll}");
        assert_eq!(house.world.machines().len(), 1, "poll {poll}");
        assert_eq!(house.get(&id).await.unwrap().epoch, 1, "poll {poll}: one launch");
        if cut.left > 0 {
            return;
        }
    }
    panic!("a start has fewer polls");
}

#[tokio::test(start_paused = true)]
async fn scenario_05_after_a_rollback_strays_are_quarantined_and_keys_stay_leased() {
    let house = House::quiet(1).await;
    let (one, two) = (house.table("one").await, house.table("two").await);
    let backup = house.world.back_up().unwrap();
    house.start(&one).await;
    let mut cut = PowerCut::default();
    assert!(house.reach(&mut house.worker(), &mut cut, &one, Goal::OnAfter(0)).await);
    house.world.set_players(&one, 3);
    let running = house.world.machines();
    house.world.roll_back(&backup).unwrap();
    house.start(&two).await;
    let worker = house.worker();
    let begun = house.world.clock().now();
    while house.world.clock().now().since(begun) < Duration::from_mins(30) {
        worker.sweep().await.unwrap();
        house.run(&worker, MINUTE).await;
    }
    assert_eq!(house.world.machines(), running, "what runs is left alone");
    let row = house.get(&two).await.unwrap();
    assert_eq!(row.phase(), Phase::Starting(Step::License), "no key is given out");
    assert!(row.progress().unwrap().waiting == Some(Waiting::OrphanedProgram), "{row:?}");
    let events = house.events(None).await;
    let told = events.iter().filter(|event| matches!(event.kind, EventKind::OrphanFound { .. }));
    assert!(told.clone().any(|event| said(event).contains("launch")), "the operator is told");
    assert!(told.count() >= 2, "of the launch and of its name");
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn scenario_05_a_stray_that_nobody_plays_on_goes_in_the_end_and_frees_the_key() {
    let house = House::quiet(1).await;
    let (one, two) = (house.table("one").await, house.table("two").await);
    let backup = house.world.back_up().unwrap();
    house.start(&one).await;
    let mut cut = PowerCut::default();
    assert!(house.reach(&mut house.worker(), &mut cut, &one, Goal::OnAfter(0)).await);
    house.world.roll_back(&backup).unwrap();
    house.start(&two).await;
    let worker = house.worker();
    for _ in 0..40 {
        worker.sweep().await.unwrap();
        house.run(&worker, Duration::from_mins(2)).await;
    }
    assert!(house.is_on(&two).await, "{:?}", house.get(&two).await);
    assert_eq!(house.world.machines().len(), 1);
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn scenario_04_what_a_crash_left_is_told_with_its_price_and_removed_later() {
    let house = House::quiet(1).await;
    let one = started(&house, "one").await;
    house.world.leave(&one).await;
    house.world.leave(&InstanceId::new("nobody").unwrap()).await;
    let worker = house.worker();
    for _ in 0..3 {
        worker.sweep().await.unwrap();
        house.run(&worker, MINUTE).await;
    }
    assert_eq!(house.world.remains().len(), 3, "nothing goes at once");
    let events = house.events(None).await;
    let told: Vec<_> =
        events.iter().filter(|event| matches!(event.kind, EventKind::OrphanFound { .. })).collect();
    assert_eq!(told.len(), 1, "once, and not of what a row explains: {told:?}");
    assert!(said(told[0]).contains("$0.40 a month"), "{}", said(told[0]));
    for _ in 0..40 {
        worker.sweep().await.unwrap();
        house.run(&worker, Duration::from_mins(2)).await;
    }
    assert_eq!(house.world.remains(), vec![one.clone(), one], "only what belongs to nobody");
}

#[tokio::test(start_paused = true)]
async fn scenario_07_a_lost_node_frees_its_key_only_past_the_hard_deadline() {
    let house = House::quiet(1).await;
    let (one, two) = (started(&house, "one").await, house.table("two").await);
    let hard = house.app.worker_options().hard_deadline;
    let dies = house.world.clock().now().after(Duration::from_hours(1) + hard);
    house.world.lose_node(Some(dies));
    house.start(&two).await;
    house.run(&house.worker(), Duration::from_hours(1)).await;
    let waits = |row: refractory_core::model::Instance| row.phase();
    let waiting = Phase::Starting(Step::License);
    assert_eq!(house.get(&two).await.map(waits), Some(waiting.clone()), "unknown is not absent");
    house.app.assume_lost(&op(), &one).await.unwrap();
    // Counted by the worker that runs then: no date is trusted with a key.
    let worker = house.worker();
    house.run(&worker, hard.saturating_sub(MINUTE)).await;
    assert_eq!(house.get(&two).await.map(waits), Some(waiting), "not before the deadline");
    house.run(&worker, Duration::from_mins(10)).await;
    assert!(house.is_off(&one).await && house.is_on(&two).await, "{:?}", house.get(&two).await);
    house.delete(&one).await;
    house.run(&house.worker(), MINUTE).await;
    let events = house.events(None).await;
    let of_one =
        events.iter().filter(|event| event.instance.as_ref().is_some_and(|it| it.id == one));
    assert!(
        of_one.clone().any(|event| said(event).contains("declared the machine")),
        "a tombstone is left"
    );
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn scenario_07_what_the_runtime_answers_is_believed_before_the_operator() {
    let house = House::quiet(1).await;
    let id = started(&house, "one").await;
    house.world.lose_node(None);
    house.app.assume_lost(&op(), &id).await.unwrap();
    house.run(&house.worker(), MINUTE).await;
    assert_eq!(house.world.machines().len(), 1);
    house.world.find_node();
    let mut cut = PowerCut::default();
    assert!(house.reach(&mut house.worker(), &mut cut, &id, Goal::Off).await);
    assert_eq!(house.world.machines(), vec![], "it was stopped in the ordinary way");
    let refused = house.app.assume_lost(&op(), &id).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict, "nothing runs any more");
}

#[tokio::test(start_paused = true)]
async fn scenario_24_a_migration_outlasts_every_patience_and_is_never_broken_off() {
    for urgency in [Urgency::Gentle, Urgency::Now] {
        let house = House::quiet(1).await;
        house.world.configure(|knobs| knobs.migration_polls = 3_000);
        let id = house.table("one").await;
        house.start(&id).await;
        house.run(&house.worker(), Duration::from_mins(30)).await;
        let row = house.get(&id).await.unwrap();
        assert_eq!((row.phase(), row.health()), (Phase::Starting(Step::World), Health::Fine));
        assert!(row.is_migrating());
        house.app.stop(&op(), &id, urgency).await.unwrap();
        house.run(&house.worker(), Duration::from_mins(10)).await;
        assert_eq!(house.world.machines().len(), 1, "it is waited for");
        let mut cut = PowerCut::default();
        for _ in 0..60 {
            house.reach(&mut house.worker(), &mut cut, &id, Goal::Off).await;
        }
        assert!(house.is_off(&id).await);
        assert_eq!(house.world.violations(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn scenario_24_progress_extends_the_deadline_and_a_loop_is_broken() {
    let house = House::quiet(1).await;
    house.world.configure(|knobs| knobs.boot_polls = 400);
    let id = house.table("one").await;
    house.start(&id).await;
    house.run(&house.worker(), Duration::from_mins(30)).await;
    assert_eq!(house.get(&id).await.unwrap().epoch, 1, "slow is not dead");
    house.run(&house.worker(), Duration::from_mins(40)).await;
    assert!(house.is_on(&id).await);
    house.world.configure(|knobs| knobs.boot_polls = 0);
    let worker = house.worker();
    for _ in 0..8 {
        house.world.kill_machines();
        house.run(&worker, Duration::from_secs(40)).await;
    }
    let row = house.get(&id).await.unwrap();
    assert_eq!((row.phase(), row.health()), (Phase::Off, Health::NeedsAttention));
    assert_eq!(row.epoch, 4, "three repairs, then no more");
}

#[tokio::test(start_paused = true)]
async fn a_world_that_never_closes_is_stopped_once_patience_ends_and_at_once_where_it_is_urgent() {
    for (urgency, least, most) in [(Urgency::Gentle, 119, 150), (Urgency::Now, 0, 20)] {
        let house = House::quiet(1).await;
        let mut worker = house.worker();
        let id = started_by(&house, &mut worker, "one").await;
        house.world.configure(|knobs| knobs.never_closes = true);
        let begun = house.world.clock().now();
        house.app.stop(&op(), &id, urgency).await.unwrap();
        let mut cut = PowerCut::default();
        assert!(house.reach(&mut worker, &mut cut, &id, Goal::Off).await);
        let took = house.world.clock().now().since(begun).as_secs();
        assert!((least..=most).contains(&took), "{urgency:?} took {took} s");
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_during_a_failing_start_forgives_and_leaves_no_fault() {
    let world = World::default();
    let id = {
        let house = House::new(&world, &world);
        house.table("one").await
    };
    let house = House::new(&world, &world.with(Faults::default()));
    house.start(&id).await;
    house.run(&house.worker(), MINUTE).await;
    let row = house.get(&id).await.unwrap();
    assert_eq!(row.health(), Health::NeedsAttention, "there is no license: {row:?}");
    house.stop(&id).await;
    house.run(&house.worker(), MINUTE).await;
    let row = house.get(&id).await.unwrap();
    assert_eq!((row.phase(), row.health()), (Phase::Off, Health::Fine));
    world.add_license("key").await.unwrap();
    house.start(&id).await;
    house.run(&house.worker(), MINUTE).await;
    assert!(house.is_on(&id).await);
}

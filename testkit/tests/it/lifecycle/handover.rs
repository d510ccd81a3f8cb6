//! A key that moves from a table where no one plays to one that waits.
use std::time::Duration;

use refractory_core::model::{Phase, Role, Step};
use refractory_core::words::{English, Words as _};
use refractory_core::{ErrorKind, InstanceId};
use testkit::fault::PowerCut;
use testkit::people::fresh_user;

use super::house::{Goal, House, op};

const MINUTE: Duration = Duration::from_mins(1);

/// A house with one key, which `a` holds, empty for long enough, and `b` waits for.
async fn contended() -> (House, InstanceId, InstanceId) {
    contended_in(House::quiet(1).await).await
}

/// The same in `house`, where `a` came up ten seconds ago.
async fn contended_in(house: House) -> (House, InstanceId, InstanceId) {
    let (a, b) = (house.table("a").await, house.table("b").await);
    house.start(&a).await;
    let mut worker = house.worker();
    assert!(house.reach(&mut worker, &mut PowerCut::default(), &a, Goal::OnAfter(0)).await);
    house.run(&worker, Duration::from_secs(10)).await;
    (house, a, b)
}

async fn waits(house: &House, id: &InstanceId) -> bool {
    house.get(id).await.is_some_and(|row| row.phase() == Phase::Starting(Step::License))
}

/// The progress of a waiting instance.
async fn told(house: &House, id: &InstanceId) -> String {
    let row = house.get(id).await.unwrap();
    row.progress().map(|progress| English.progress(progress)).unwrap_or_default()
}

/// Whether a table that was just started, and that no one has come to yet, loses its key within nine minutes to one that waits.
async fn loses_its_key_at_once(make_room_after: Duration) -> bool {
    let (house, a, b) = contended_in(House::slow_to_ask(make_room_after).await).await;
    house.start(&b).await;
    house.run(&house.worker(), MINUTE * 9).await;
    assert_eq!(house.is_on(&a).await, !house.is_on(&b).await);
    house.is_on(&b).await
}

#[tokio::test(start_paused = true)]
async fn who_has_just_pressed_start_keeps_the_key_while_people_are_on_their_way() {
    assert!(!loses_its_key_at_once(MINUTE * 10).await);
    assert!(loses_its_key_at_once(Duration::ZERO).await, "or else this shows nothing");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_when_an_empty_table_is_asked_and_then_it_is() {
    let (house, a, b) = contended_in(House::slow_to_ask(MINUTE * 10).await).await;
    house.start(&b).await;
    let worker = house.worker();
    house.run(&worker, MINUTE * 8).await;
    let text = told(&house, &b).await;
    assert!(text.contains("in use by a, where nobody is playing."), "{text}");
    assert!(text.contains("It's yours in 2 minutes."), "{text}");
    house.run(&worker, MINUTE * 3).await;
    assert!(house.is_off(&a).await && house.is_on(&b).await);
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_license_is_taken_from_an_empty_table_before_its_time_and_never_from_players() {
    let (house, a, b) = contended_in(House::slow_to_ask(MINUTE * 10).await).await;
    house.start(&b).await;
    let worker = house.worker();
    house.run(&worker, MINUTE).await;
    let offer = house.get(&b).await.unwrap().progress().and_then(|it| it.takeover.clone());
    assert_eq!(offer.expect("an offer").holder, a);
    let stranger = fresh_user(&house.app, "stranger", Role::GameMaster).await;
    let refused = house.app.take_license(&stranger, &b).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    house.world.set_players(&a, 1);
    house.run(&worker, MINUTE).await;
    let refused = house.app.take_license(&op(), &b).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict, "someone is playing");
    house.world.set_players(&a, 0);
    house.run(&worker, MINUTE).await;
    house.app.take_license(&op(), &b).await.unwrap();
    house.app.take_license(&op(), &b).await.ok();
    house.run(&worker, MINUTE).await;
    assert!(house.is_off(&a).await && house.is_on(&b).await, "within a minute, not ten");
    let refused = house.app.take_license(&op(), &b).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict, "it waits no longer");
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn who_presses_start_again_or_leaves_for_a_moment_is_waited_for() {
    let (house, a, b) = contended_in(House::slow_to_ask(MINUTE * 10).await).await;
    house.start(&b).await;
    let worker = house.worker();
    house.run(&worker, MINUTE * 9).await;
    house.start(&a).await;
    house.run(&worker, MINUTE * 9).await;
    assert!(house.is_on(&a).await && waits(&house, &b).await, "asked for again");
    house.world.set_players(&a, 1);
    house.run(&worker, MINUTE * 30).await;
    house.world.set_players(&a, 0);
    house.run(&worker, MINUTE * 9).await;
    assert!(house.is_on(&a).await && waits(&house, &b).await, "played until nine minutes ago");
    house.run(&worker, MINUTE * 2).await;
    assert!(house.is_off(&a).await && house.is_on(&b).await);
}

#[tokio::test(start_paused = true)]
async fn scenario_20_a_table_that_could_not_be_asked_counts_as_empty_only_once_it_answers() {
    let (house, a, b) = contended_in(House::slow_to_ask(MINUTE * 10).await).await;
    house.start(&b).await;
    let worker = house.worker();
    house.run(&worker, MINUTE * 5).await;
    house.world.configure(|knobs| knobs.status_unknown = true);
    house.run(&worker, MINUTE * 20).await;
    house.world.configure(|knobs| knobs.status_unknown = false);
    house.run(&worker, MINUTE * 9).await;
    assert!(house.is_on(&a).await && waits(&house, &b).await);
    house.run(&worker, MINUTE * 2).await;
    assert!(house.is_off(&a).await && house.is_on(&b).await);
}

#[tokio::test(start_paused = true)]
async fn an_empty_holder_makes_room() {
    let (house, a, b) = contended().await;
    house.start(&b).await;
    house.run(&house.worker(), MINUTE * 2).await;
    assert!(house.is_off(&a).await && house.is_on(&b).await);
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn scenario_20_a_busy_holder_keeps_its_key_until_the_last_player_leaves() {
    let (house, a, b) = contended().await;
    house.world.set_players(&a, 1);
    house.start(&b).await;
    let worker = house.worker();
    house.run(&worker, MINUTE * 30).await;
    assert!(house.is_on(&a).await && waits(&house, &b).await);
    assert_eq!(house.get(&a).await.unwrap().preemption, None, "nobody is kept out");
    let told = told(&house, &b).await;
    assert!(told.contains("in use by a, where 1 person is playing."), "{told}");
    house.world.set_players(&a, 0);
    house.run(&worker, MINUTE).await;
    assert!(house.is_off(&a).await && house.is_on(&b).await);
}

#[tokio::test(start_paused = true)]
async fn scenario_20_unknown_is_busy() {
    let (house, a, b) = contended().await;
    house.world.configure(|knobs| knobs.status_unknown = true);
    house.start(&b).await;
    house.run(&house.worker(), MINUTE * 30).await;
    assert!(house.is_on(&a).await && waits(&house, &b).await);
    assert_eq!(house.get(&a).await.unwrap().preemption, None);
}

#[tokio::test(start_paused = true)]
async fn scenario_20_a_table_whose_name_leads_past_the_edge_is_never_asked_to_make_room() {
    let (house, a, b) = contended().await;
    house.world.configure(|knobs| knobs.past_the_edge = true);
    house.start(&b).await;
    let worker = house.worker();
    house.run(&worker, MINUTE * 30).await;
    assert!(house.is_on(&a).await && waits(&house, &b).await);
    assert_eq!(house.get(&a).await.unwrap().preemption, None);
    let told = told(&house, &b).await;
    assert!(told.contains("It becomes free when a is stopped"), "{told}");
    house.stop(&a).await;
    house.run(&worker, MINUTE * 2).await;
    assert!(house.is_off(&a).await && house.is_on(&b).await);
}

#[tokio::test(start_paused = true)]
async fn scenario_20_a_player_who_joins_between_the_two_questions_keeps_the_table_on() {
    let (house, a, b) = contended().await;
    house.start(&b).await;
    let worker = house.worker();
    for _ in 0..100 {
        worker.pass().await;
        if house.get(&a).await.unwrap().preemption.is_some() {
            break;
        }
    }
    assert!(house.get(&a).await.unwrap().preemption.is_some(), "joins are blocked");
    house.world.set_players(&a, 1);
    house.run(&worker, MINUTE * 5).await;
    assert!(house.is_on(&a).await && waits(&house, &b).await);
    assert_eq!(house.get(&a).await.unwrap().preemption, None, "people are let in again");
}

#[tokio::test(start_paused = true)]
async fn scenario_20_silence_after_blocking_lets_people_in_again() {
    let (house, a, b) = contended().await;
    house.start(&b).await;
    let worker = house.worker();
    while house.get(&a).await.unwrap().preemption.is_none() {
        worker.pass().await;
    }
    house.world.configure(|knobs| knobs.status_unknown = true);
    house.run(&worker, MINUTE * 5).await;
    assert!(house.is_on(&a).await && waits(&house, &b).await);
    assert_eq!(house.get(&a).await.unwrap().preemption, None);
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_lets_people_in_again() {
    let (house, a, b) = contended().await;
    house.start(&b).await;
    let worker = house.worker();
    while house.get(&a).await.unwrap().preemption.is_none() {
        worker.pass().await;
    }
    house.stop(&b).await;
    let run = worker.run_until(tokio::time::sleep(MINUTE));
    run.await;
    assert!(house.is_on(&a).await && house.is_off(&b).await);
    assert_eq!(house.get(&a).await.unwrap().preemption, None);
}

#[tokio::test(start_paused = true)]
async fn a_third_table_does_not_snatch_the_key() {
    let (house, a, b) = contended().await;
    let c = house.table("c").await;
    house.world.set_players(&a, 1);
    house.start(&b).await;
    let worker = house.worker();
    house.run(&worker, Duration::from_secs(10)).await;
    house.start(&c).await;
    house.world.configure(|knobs| knobs.stop_polls = 20);
    house.stop(&a).await;
    house.world.set_players(&b, 1);
    house.run(&worker, MINUTE * 3).await;
    assert!(house.is_on(&b).await && waits(&house, &c).await, "first come, first served");
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_stops_by_itself_is_followed_by_the_one_that_waits() {
    let (house, a, b) = contended().await;
    house.world.set_players(&a, 1);
    house.start(&b).await;
    let worker = house.worker();
    house.run(&worker, Duration::from_secs(10)).await;
    house.stop(&a).await;
    house.run(&worker, MINUTE).await;
    assert!(house.is_off(&a).await && house.is_on(&b).await);
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_dies_keeps_its_key_and_comes_back() {
    let (house, a, b) = contended().await;
    house.world.set_players(&a, 1);
    house.start(&b).await;
    let worker = house.worker();
    house.run(&worker, Duration::from_secs(10)).await;
    house.world.kill(&a);
    house.run(&worker, MINUTE).await;
    assert!(house.is_on(&a).await && waits(&house, &b).await);
}

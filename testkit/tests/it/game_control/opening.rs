//! Openings that take their time, fail, or look done before they are.
use std::time::Duration;

use refractory_core::ErrorKind;
use refractory_core::foundry::FoundryControl;
use refractory_core::model::WorldId;
use refractory_core::ports::{GameControl, Observed, Stop, WorldRef};
use testkit::conformance::game::GameFixture;

use super::prepared;

#[tokio::test]
async fn a_slow_opening_is_pending_and_asked_for_once() {
    for late in ["false", "true"] {
        let house = prepared(13, |launch| {
            launch.switch("launch", "1500ms").switch("late_launch_reply", late)
        })
        .await;
        let (at, first) = (house.target(), house.first());
        let answer = house.control().ensure(&at, &first).await;
        assert!(matches!(answer, Ok(Observed::Pending(_))), "late {late}: {answer:?}");
        assert!(matches!(house.control().observe(&at).await, Ok(Observed::Pending(_))));
        until_ready(&house, &first).await;
        let launched = |line: &String| line.contains("Launched game world");
        assert_eq!(house.program().lines().iter().filter(|line| launched(line)).count(), 1);
        let refused = |line: &&String| line.contains("already active");
        assert_eq!(house.program().lines().iter().find(refused), None);
    }
}

#[tokio::test]
async fn an_opening_that_is_heard_to_be_no_migration_may_be_broken_off() {
    let house = prepared(13, |launch| launch.switch("launch", "2s")).await;
    let (at, first) = (house.target(), house.first());
    for _ in 0..100 {
        match house.control().ensure(&at, &first).await {
            Ok(Observed::Pending(Some(progress))) if !progress.uninterruptible => return,
            Ok(Observed::Pending(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            other => panic!("{other:?}"),
        }
    }
    panic!("it is never heard");
}

#[tokio::test]
async fn a_failed_opening_is_broken_with_a_sentence_and_can_be_tried_again() {
    let house = prepared(12, |launch| {
        launch.switch("launch_fails", "true").switch("late_launch_reply", "true")
    })
    .await;
    let (at, first) = (house.target(), house.first());
    for _ in 0..2 {
        let reason = loop {
            match house.control().ensure(&at, &first).await {
                Ok(Observed::Pending(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(Observed::Broken(reason)) => break reason.0,
                other => panic!("{other:?}"),
            }
        };
        assert!(reason.contains("first"), "{reason}");
    }
    house.program().control(&serde_json::json!({"launch_fails": false})).await;
    until_ready(&house, &first).await;
}

#[tokio::test]
async fn a_world_that_says_active_too_early_is_still_opening() {
    let house =
        prepared(13, |launch| launch.switch("active_early", "true").switch("launch", "600ms"))
            .await;
    let (at, first) = (house.target(), house.first());
    let answer = house.control().ensure(&at, &first).await;
    assert!(matches!(answer, Ok(Observed::Pending(_))), "{answer:?}");
    until_ready(&house, &first).await;
}

#[tokio::test]
async fn scenario_4_a_control_made_anew_goes_on_where_another_left_off() {
    for late in ["false", "true"] {
        let house = prepared(13, |launch| {
            launch.switch("launch", "600ms").switch("late_launch_reply", late)
        })
        .await;
        let (at, first) = (house.target(), house.first());
        let call = house.control().ensure(&at, &first);
        drop(tokio::time::timeout(Duration::from_millis(200), call).await);
        let anew = FoundryControl::new().unwrap();
        let open = loop {
            match anew.ensure(&at, &first).await.unwrap() {
                Observed::Ready(status) => break status,
                Observed::Pending(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                other => panic!("late {late}: {other:?}"),
            }
        };
        assert_eq!(open.world, first.world);
        let launched = |line: &&String| line.contains("Launched game world");
        assert_eq!(house.program().lines().iter().filter(launched).count(), 1);
    }
}

#[tokio::test]
async fn an_opening_world_is_closed_once_it_is_open() {
    let house = prepared(13, |launch| launch.switch("launch", "400ms")).await;
    let (at, first) = (house.target(), house.first());
    house.control().ensure(&at, &first).await.unwrap();
    let answer = house.control().remove(&at, Stop::Gentle).await;
    assert!(matches!(answer, Ok(Observed::Pending(_))), "{answer:?}");
    until_closed(&house).await;
    house.program().line("The world first was closed").await;
}

#[tokio::test]
async fn a_slow_close_is_pending_and_asked_for_once() {
    let house = prepared(13, |launch| launch.switch("close", "2s")).await;
    let first = house.first();
    until_ready(&house, &first).await;
    let at = house.target();
    let answer = house.control().remove(&at, Stop::Gentle).await;
    assert!(matches!(answer, Ok(Observed::Pending(_) | Observed::Absent)), "{answer:?}");
    until_closed(&house).await;
}

#[tokio::test]
async fn a_world_counts_as_closed_once_its_databases_are() {
    // The second is longer than any other question may take. Its status says at once that no world is open.
    for seconds in [2, 9] {
        let house = prepared(13, |launch| launch.switch("close", &format!("{seconds}s"))).await;
        until_ready(&house, &house.first()).await;
        let begun = tokio::time::Instant::now();
        until_closed(&house).await;
        assert!(begun.elapsed() >= Duration::from_secs(seconds), "{:?}", begun.elapsed());
        house.program().line("The world first was closed").await;
    }
}

#[tokio::test]
async fn what_is_no_foundry_is_an_error_with_a_sentence() {
    let house = prepared(13, |launch| launch.switch("http_code", "404")).await;
    let error = house.control().observe(&house.target()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.for_people().contains("is not Foundry"));
}

#[tokio::test]
async fn scenario_20_a_status_that_fails_is_an_error_and_never_nobody() {
    let house = prepared(13, |launch| launch).await;
    until_ready(&house, &house.first()).await;
    house.program().control(&serde_json::json!({"status_code": 503})).await;
    let error = house.control().observe(&house.target()).await.unwrap_err();
    assert!(error.is_transient());
}

pub(super) async fn until_ready(house: &dyn GameFixture, want: &WorldRef) -> Option<WorldId> {
    for _ in 0..500 {
        match house.control().ensure(&house.target(), want).await.unwrap() {
            Observed::Ready(status) => return status.world,
            Observed::Pending(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            other => panic!("{other:?}"),
        }
    }
    panic!("it never opens");
}

async fn until_closed(house: &dyn GameFixture) {
    for _ in 0..500 {
        match house.control().remove(&house.target(), Stop::Gentle).await.unwrap() {
            Observed::Absent => return,
            Observed::Pending(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            other => panic!("{other:?}"),
        }
    }
    panic!("it never closes");
}

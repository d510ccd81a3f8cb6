//! How launches end.
use std::fs;
use std::time::Duration;

use refractory_core::ErrorKind;
use refractory_core::model::Urgency;
use refractory_core::ports::{InstanceRuntime, Observed};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::bed::{Bed, gone, kill, runs};

#[tokio::test]
async fn scenario_16_a_stop_asks_first_so_that_the_program_tidies_up() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    assert!(bed.volume().lock().exists());
    let asked = bed.down(&runtime, 1, Urgency::Gentle).await;
    assert!(asked > 1, "the first call cannot know that it has ended");
    assert!(!runs(pid));
    assert!(!bed.volume().lock().exists(), "a program that is killed leaves its lock");
    assert_eq!(runtime.observe(&bed.key(1)).await.unwrap(), Observed::Absent);
}

#[tokio::test]
async fn scenario_06_a_program_that_ignores_the_signal_is_killed_after_its_grace() {
    let mut bed = Bed::made().await;
    bed.config.stop_within = Duration::from_millis(600).into();
    bed.control(r#"{"stop": "1m"}"#);
    let runtime = bed.runtime();
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    let begun = Instant::now();
    bed.down(&runtime, 1, Urgency::Gentle).await;
    assert!(begun.elapsed() >= Duration::from_millis(600));
    assert!(!runs(pid));
    assert!(bed.volume().lock().exists());
}

#[tokio::test]
async fn scenario_06_a_hurry_that_comes_later_shortens_the_grace() {
    let mut bed = Bed::made().await;
    bed.config.stop_now_within = Duration::from_millis(300).into();
    bed.control(r#"{"stop": "1m"}"#);
    let runtime = bed.runtime();
    bed.up(&runtime, 1).await;
    assert!(matches!(
        runtime.remove(&bed.key(1), Urgency::Gentle).await.unwrap(),
        Observed::Pending(_)
    ));
    // The grace period is counted through the death of the process that began it.
    let begun = Instant::now();
    bed.down(&bed.runtime(), 1, Urgency::Now).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn scenario_06_a_stop_of_what_has_stopped_succeeds_and_stays_so() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    assert_eq!(runtime.remove(&bed.key(1), Urgency::Gentle).await.unwrap(), Observed::Absent);
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    kill(pid, Signal::KILL);
    gone(pid).await;
    for _ in 0..2 {
        assert_eq!(runtime.remove(&bed.key(1), Urgency::Gentle).await.unwrap(), Observed::Absent);
    }
    assert!(runtime.list().await.unwrap().is_empty());
    let late = runtime.ensure(&bed.key(1), &bed.spec).await.unwrap();
    assert!(matches!(late, Observed::Broken(_)), "{late:?}");
}

#[tokio::test]
async fn scenario_16_kill_9_of_the_program_is_noticed_and_the_next_launch_runs() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    kill(pid, Signal::KILL);
    gone(pid).await;
    let Observed::Broken(reason) = runtime.observe(&bed.key(1)).await.unwrap() else {
        panic!("not broken")
    };
    assert!(reason.0.contains("signal 9"), "{reason}");
    assert!(!fs::exists(format!("/proc/{pid}")).unwrap(), "it is reaped");
    let started = Instant::now();
    bed.up(&runtime, 2).await;
    assert!(started.elapsed() < Duration::from_secs(8), "the lock left behind is not waited for");
}

#[tokio::test]
async fn scenario_17_a_lock_left_behind_goes_with_proof_and_a_live_one_stays() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    kill(pid, Signal::KILL);
    gone(pid).await;
    assert!(bed.volume().lock().exists());
    bed.up(&runtime, 2).await;
    bed.down(&runtime, 2, Urgency::Gentle).await;
    // Someone runs the program by hand on the same folder.
    let by_hand = testkit::foundry::Launch::of(
        env!("CARGO_BIN_EXE_foundry-stand-in"),
        testkit::foundry::Version::new(13, 351),
    )
    .on(&bed.volume())
    .ready()
    .await;
    let error = runtime.ensure(&bed.key(3), &bed.spec).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.for_people().contains(&format!("process {}", by_hand.pid().unwrap())));
    assert!(bed.volume().lock().exists());
    drop(by_hand);
}

#[tokio::test]
async fn a_lock_of_a_program_we_never_knew_is_not_taken_away() {
    let bed = Bed::made().await;
    fs::create_dir_all(bed.volume().lock()).unwrap();
    let runtime = bed.runtime();
    let error = loop {
        match runtime.ensure(&bed.key(1), &bed.spec).await {
            Ok(_) => sleep(Duration::from_millis(20)).await,
            Err(error) => break error,
        }
    };
    assert!(error.is_transient() && error.wait_hint().is_some(), "{error:?}");
    assert!(bed.volume().lock().exists());
}

#[tokio::test]
async fn a_hung_program_is_unknown_first_and_broken_after_long_silence() {
    let mut bed = Bed::made().await;
    bed.config.hung_after = Duration::from_secs(1).into();
    bed.config.answer_within = Duration::from_millis(200).into();
    let runtime = bed.runtime();
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    bed.control(r#"{"hang": true}"#);
    let begun = Instant::now();
    let mut unknown = 0;
    let reason = loop {
        match runtime.observe(&bed.key(1)).await {
            Ok(Observed::Ready(_)) => {}
            Ok(Observed::Broken(reason)) => break reason,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unavailable);
                unknown += 1;
            }
            other => panic!("{other:?}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(15));
        sleep(Duration::from_millis(50)).await;
    };
    assert!(unknown > 0 && reason.0.contains("hasn't responded"), "{reason}");
    assert!(runs(pid), "looking at it ends nothing");
    bed.control("{}");
    let back = async {
        while !matches!(runtime.observe(&bed.key(1)).await, Ok(Observed::Ready(_))) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.unwrap();
    // A program that never answered is not known to hang: it starts.
    bed.down(&runtime, 1, Urgency::Gentle).await;
    bed.control(r#"{"hang": true}"#);
    for _ in 0..10 {
        let seen = runtime.ensure(&bed.key(2), &bed.spec).await.unwrap();
        assert!(matches!(seen, Observed::Pending(_)), "{seen:?}");
        sleep(Duration::from_millis(100)).await;
    }
}

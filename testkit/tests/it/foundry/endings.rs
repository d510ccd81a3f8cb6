//! Stopping, crashing, hanging.
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use serde_json::json;
use testkit::foundry::{Database, WorldMarker};
use tokio::time::{Instant, timeout};

use super::visitor::Visitor;
use super::{V13, V14, WORLD, licensed, playing};

#[tokio::test]
async fn a_slow_stop_ignores_the_signal_for_a_while_and_serves_on() {
    let mut program = playing(V14).switch("stop", "1500ms").ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let before = Instant::now();
    program.term();
    program.line("A signal to stop is ignored").await;
    assert_eq!(person.status().await["active"], true);
    assert_eq!(program.ended().await.code(), Some(0));
    assert!(before.elapsed() >= Duration::from_millis(1500));
}

#[tokio::test]
async fn the_status_after_an_orderly_end_can_be_a_containers() {
    let mut program = licensed(V14).switch("stop_code", "143").ready().await;
    program.term();
    assert_eq!(program.ended().await.code(), Some(143));
}

#[tokio::test]
async fn a_crash_can_come_at_any_moment_and_tidies_nothing_up() {
    for moment in ["start", "listen", "launch", "1s"] {
        let launch = playing(V14).switch("crash", moment).switch("crash_code", "7");
        let mut program = launch.start();
        assert_eq!(program.ended().await.code(), Some(7), "{moment}");
        assert!(program.data().lock().is_dir(), "{moment}");
        let marker = WorldMarker::read(program.data(), WORLD);
        let opened = matches!(moment, "launch" | "1s");
        assert_eq!(
            marker.map(|marker| marker.database),
            opened.then_some(Database::Open),
            "{moment}"
        );
    }
}

#[tokio::test]
async fn a_crash_can_look_like_a_signal() {
    for (code, signal) in [("abort", 6), ("kill", 9)] {
        let mut program =
            licensed(V14).switch("crash", "listen").switch("crash_code", code).start();
        assert_eq!(program.ended().await.signal(), Some(signal));
    }
}

#[tokio::test]
async fn a_running_program_crashes_when_its_control_file_says_so() {
    let mut program = licensed(V14).ready().await;
    program.control(&json!({"crash": "now", "crash_code": 9})).await;
    assert_eq!(program.ended().await.code(), Some(9));
}

#[tokio::test]
async fn a_crash_while_closing_leaves_the_world_open() {
    let mut program = playing(V14).switch("crash", "close").ready().await;
    Visitor::of(&program).until_active(true).await;
    program.term();
    assert_eq!(program.ended().await.code(), Some(1));
    let marker = WorldMarker::read(program.data(), WORLD).unwrap();
    assert_eq!(marker.database, Database::Open);
}

#[tokio::test]
async fn a_hanging_program_takes_connections_and_answers_none_until_it_is_told_to() {
    let program = licensed(V14).ready().await;
    let mut person = Visitor::of(&program);
    person.status().await;
    program.control(&json!({"hang": true})).await;
    assert!(timeout(Duration::from_millis(200), person.status()).await.is_err());
    program.control(&json!({})).await;
    assert_eq!(person.status().await["active"], false);
}

#[tokio::test]
async fn status_codes_and_users_can_be_pretended_while_it_runs() {
    let program = playing(V14).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    program.control(&json!({"users": 5})).await;
    assert_eq!(person.status().await["users"], 5);
    program.control(&json!({"status_code": 500})).await;
    assert_eq!(person.get("/api/status").await.status, 500);
    assert_eq!(person.get("/join").await.status, 200);
    program.control(&json!({"http_code": 503})).await;
    assert_eq!(person.get("/join").await.status, 503);
}

#[tokio::test]
async fn a_world_that_closes_slowly_keeps_whoever_asked_waiting() {
    let program = playing(V13).switch("close", "400ms").ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let before = Instant::now();
    let shutdown = json!({"action": "shutdown", "adminPassword": super::PASSWORD});
    person.post("/join", shutdown).await;
    assert!(before.elapsed() >= Duration::from_millis(400));
    assert_eq!(person.status().await["active"], false);
}

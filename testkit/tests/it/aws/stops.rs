//! `StopTask`: a signal, a time, and then the end.
use serde_json::json;
use testkit::aws::Program;

use super::account;
use super::api::{Cluster, code};

/// Says `term` when it is told to stop, and ends with 5.
const POLITE: &str = "trap 'echo term; exit 5' TERM; while :; do sleep 0.02; done";
const STUBBORN: &str = "trap '' TERM; while :; do sleep 0.02; done";

#[tokio::test]
async fn stopping_takes_time_and_keeps_the_exit_code() {
    let account = account().await;
    let cluster = Cluster::new(&account).await;
    let (task, _) = cluster.running(&Program::new("sh", &["-c", POLITE])).await;
    let stop = json!({"cluster": "k", "task": task, "reason": "the evening is over"});
    let said = cluster.api.ecs("StopTask", stop.clone()).await;
    assert_eq!(said["task"]["lastStatus"], "RUNNING");
    assert_eq!(said["task"]["desiredStatus"], "STOPPED");
    let ended = cluster.until(&task, "STOPPED").await;
    assert_eq!(ended["stoppedReason"], "the evening is over");
    assert_eq!(ended["stopCode"], "UserInitiated");
    assert_eq!(ended["containers"][0]["exitCode"], 5);
    assert_eq!(account.tasks().await.unwrap(), []);
    let again = cluster.api.ecs("StopTask", stop).await;
    assert_eq!(again["task"]["lastStatus"], "STOPPED");
}

#[tokio::test]
async fn who_does_not_hear_is_killed_when_the_time_is_over() {
    let account = account().await;
    account.run_as("image", &Program::new("sh", &["-c", STUBBORN])).await.unwrap();
    let cluster = Cluster::new(&account).await;
    let definition = cluster.define("image", json!({"stopTimeout": 2}), json!([])).await;
    let task = cluster.run(&definition).await;
    cluster.until(&task, "RUNNING").await;
    cluster.api.ecs("StopTask", json!({"cluster": "k", "task": task})).await;
    let tasks = account.tasks().await.unwrap();
    assert_eq!(tasks.len(), 1, "it is given its time");
    let ended = cluster.until(&task, "STOPPED").await;
    assert_eq!(ended["containers"][0]["exitCode"], 137);
}

#[tokio::test]
async fn a_task_that_nobody_knows_is_not_stopped() {
    let cluster = Cluster::new(&account().await).await;
    let lost = json!({"cluster": "k", "task": "0123456789abcdef0123456789abcdef"});
    let said = cluster.api.json("ecs", "StopTask", &lost).await;
    assert_eq!(code(said), (400, "InvalidParameterException".to_owned()));
}

//! What the server itself says there is, and was.
use serde_json::json;
use testkit::aws::Program;

use super::account;
use super::api::{Cluster, boto};

#[tokio::test]
async fn a_census_says_what_came_and_what_went() {
    let account = account().await;
    let before = account.census().await.unwrap();
    let script = "iam = client('iam')\niam.create_user(UserName='ann')\nprint('made')";
    assert_eq!(boto(&account, script).await, "made");
    let now = account.census().await.unwrap();
    assert_ne!(before, now);
    let users = now.iter().find(|(_, names)| names.iter().any(|name| name.contains("ann")));
    assert!(users.is_some_and(|(store, _)| store.starts_with("iam.")), "{now:?}");
    let script = "client('iam').delete_user(UserName='ann')\nprint('gone')";
    assert_eq!(boto(&account, script).await, "gone");
    assert_eq!(account.census().await.unwrap(), before);
    assert!(
        super::account().await.census().await.unwrap().values().flatten().all(|name| name != "ann")
    );
}

#[tokio::test]
async fn launches_are_told_in_order_long_after_they_ended() {
    let account = account().await;
    account.run_as("still", &Program::idle()).await.unwrap();
    let cluster = Cluster::new(&account).await;
    let definition = cluster.define("still", json!({}), json!([])).await;
    let first = cluster.run(&definition).await;
    cluster.until(&first, "RUNNING").await;
    cluster.api.ecs("StopTask", json!({"cluster": "k", "task": first})).await;
    cluster.until(&first, "STOPPED").await;
    let second = cluster.run(&definition).await;
    let launches = account.launches().await.unwrap();
    let tasks: Vec<_> = launches.iter().map(|launch| launch.task.as_str()).collect();
    assert_eq!(tasks, [first.as_str(), second.as_str()]);
    assert!(launches[0].stopped.as_ref().is_some_and(|stopped| *stopped <= launches[1].created));
    assert_eq!(launches[1].stopped, None);
    assert!(launches.iter().all(|launch| definition.contains(&launch.family)));
}

//! The account's weather.
use serde_json::json;
use testkit::aws::{Capacity, Program, Switches};

use super::account;
use super::api::{Cluster, boto};

async fn still(switches: &Switches) -> (Cluster, String) {
    let account = account().await;
    account.run_as("still", &Program::idle()).await.unwrap();
    let cluster = Cluster::new(&account).await;
    let definition = cluster.define("still", json!({}), json!([])).await;
    account.set(switches).await.unwrap();
    (cluster, definition)
}

#[tokio::test]
async fn a_new_task_may_be_missing_at_first() {
    let (cluster, definition) = still(&Switches { missing: 2, ..Switches::default() }).await;
    let task = cluster.run(&definition).await;
    for _ in 0..2 {
        let said = cluster.describe(&task).await;
        assert_eq!(said["failures"], json!([{"arn": task, "reason": "MISSING"}]));
        assert_eq!(said["tasks"], json!([]));
    }
    assert_eq!(cluster.describe(&task).await["tasks"][0]["taskArn"], task);
}

#[tokio::test]
async fn capacity_is_refused_by_place_and_by_provider() {
    let (subnet, spot) = ("subnet-a".to_owned(), "FARGATE_SPOT".to_owned());
    let no_capacity = vec![
        Capacity { times: 1, subnet: Some(subnet), ..Capacity::default() },
        Capacity { times: 1, provider: Some(spot), ..Capacity::default() },
    ];
    let (cluster, definition) = still(&Switches { no_capacity, ..Switches::default() }).await;
    let ask = |request| cluster.api.ecs("RunTask", request);
    let said = ask(Cluster::request(&definition, &["subnet-a", "subnet-b"])).await;
    assert_eq!(said["failures"], json!([]), "the other subnet has room");
    let said = ask(Cluster::request(&definition, &["subnet-a"])).await;
    let why = said["failures"][0]["reason"].as_str().unwrap();
    assert!(why.starts_with("Capacity is unavailable at this time."), "{why}");
    assert_eq!(said["tasks"], json!([]));
    let mut spot = Cluster::request(&definition, &["subnet-b"]);
    spot.as_object_mut().unwrap().remove("launchType");
    spot["capacityProviderStrategy"] = json!([{"capacityProvider": "FARGATE_SPOT"}]);
    assert_eq!(ask(spot.clone()).await["tasks"], json!([]));
    assert_eq!(ask(spot).await["failures"], json!([]), "the switches are used up");
    assert_eq!(ask(Cluster::request(&definition, &["subnet-a"])).await["failures"], json!([]));
}

#[tokio::test]
async fn a_start_may_fail_or_dawdle() {
    let (cluster, definition) =
        still(&Switches { broken_starts: 1, slow_starts: 0.5, ..Switches::default() }).await;
    let first = cluster.run(&definition).await;
    assert_eq!(cluster.describe(&first).await["tasks"][0]["lastStatus"], "PROVISIONING");
    let ended = cluster.until(&first, "STOPPED").await;
    let why = ended["stoppedReason"].as_str().unwrap();
    assert!(why.starts_with("ResourceInitializationError: "), "{why}");
    let second = cluster.run(&definition).await;
    cluster.until(&second, "RUNNING").await;
    assert_eq!(cluster.api.account.switches().await.unwrap().broken_starts, 0);
}

#[tokio::test]
async fn a_fresh_key_is_refused_at_first() {
    let account = account().await;
    account.set(&Switches { fresh_key_refusals: 2, ..Switches::default() }).await.unwrap();
    let said = boto(
        &account,
        "
client('iam').create_user(UserName='u')
key = client('iam').create_access_key(UserName='u')['AccessKey']
mine = lambda service: client(service, key['AccessKeyId'], key['SecretAccessKey'])
print(code(mine('s3').list_buckets))
print(code(mine('sts').get_caller_identity))
print(code(mine('sts').get_caller_identity))
",
    );
    assert_eq!(said.await, "InvalidAccessKeyId\nInvalidClientTokenId\nok");
}

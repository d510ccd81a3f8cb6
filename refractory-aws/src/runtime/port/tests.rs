#![expect(
    clippy::needless_pass_by_value,
    clippy::wildcard_enum_match_arm,
    reason = "answers are written where they are given; any other one fails"
)]
use std::sync::atomic::{AtomicU64, Ordering};

use refractory_core::{MonotonicTime, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::runtime::fixtures;
use crate::stub_server::{StubRequest, StubResponse, StubServer};

/// A clock that goes on when a test says so.
#[derive(Debug, Default)]
struct ManualClock(AtomicU64);

impl ManualClock {
    fn advance(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_000_000 + self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> MonotonicTime {
        MonotonicTime(Duration::from_millis(self.0.load(Ordering::SeqCst)))
    }
}

fn key() -> LaunchId {
    "abc.1".parse().unwrap()
}

fn config() -> AwsConfig {
    AwsConfig {
        deployment: "club".to_owned(),
        assets: crate::AssetAccess::Volume,
        ..AwsConfig::default()
    }
}

fn runtime(server: &StubServer, clock: &Arc<ManualClock>) -> FargateRuntime {
    let (clients, outputs) = (server.clients(), fixtures::outputs(&["subnet-a", "subnet-b"]));
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    let volumes =
        EfsStorage::new(clients.clone(), &outputs, &config(), Arc::clone(&clock)).unwrap();
    FargateRuntime::new(clients, outputs, config(), volumes, clock)
}

/// The operation of a request, in lower case as the server heard it.
fn operation(asked: &StubRequest) -> &str {
    if asked.head.starts_with("get /club-bucket/snapshots/abc/restoring") {
        return "getobject";
    }
    let target = asked.head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("x-amz-target").then(|| value.trim())
    });
    target.and_then(|target| target.rsplit('.').next()).unwrap_or("describeaccesspoints")
}

fn task(arn: &str, attempt: u32, state: Value) -> Value {
    let tag = |key: &str, value: &str| json!({"key": key, "value": value});
    let mut task = json!({
        "taskArn": arn, "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
        "tags": [
            tag("refractory:deployment", "club"),
            tag("refractory:key", "abc.1"),
            tag("refractory:digest", &fixtures::spec().digest()),
            tag("refractory:attempt", &attempt.to_string()),
            tag("refractory:prefix", "friday"),
        ],
    });
    task.as_object_mut().unwrap().extend(state.as_object().unwrap().clone());
    task
}

fn at(address: &str) -> Value {
    let details = json!([{"name": "privateIPv4Address", "value": address}]);
    json!({"attachments": [{"type": "ElasticNetworkInterface", "details": details}]})
}

fn ok(body: &Value) -> StubResponse {
    StubResponse::json(200, body.to_string())
}

#[tokio::test]
async fn scenario_14_an_address_that_comes_late_or_changes_is_seen() {
    let server = StubServer::serve(|number, _| {
        let state = [json!({}), at("10.0.0.7"), at("10.0.0.9")][number.min(2)].clone();
        ok(&json!({"tasks": [task("arn:task/1", 0, state)]}))
    })
    .await;
    let clock = Arc::default();
    let runtime = runtime(&server, &clock);
    runtime.0.cache.launched(&key(), "arn:task/1");
    assert_eq!(runtime.observe(&key()).await.unwrap(), pending("waiting for its address"));
    let endpoint = |host: &str| Observed::Ready(Endpoint::new(host, 30_000).with_prefix("friday"));
    assert_eq!(runtime.observe(&key()).await.unwrap(), endpoint("10.0.0.7"));
    assert_eq!(runtime.observe(&key()).await.unwrap(), endpoint("10.0.0.7"), "seen a moment ago");
    clock.advance(OBSERVATION_FRESH_FOR);
    assert_eq!(
        runtime.observe(&key()).await.unwrap(),
        endpoint("10.0.0.9"),
        "the task has another address"
    );
    assert_eq!(server.asked().len(), 3);
}

fn no_such_key() -> StubResponse {
    let body = "<Error><Code>NoSuchKey</Code><Message>There is none.</Message></Error>";
    StubResponse { status: 404, body: body.to_owned(), ..StubResponse::default() }
}

/// Answers a start; a task that is described found no machine, except the one of the second attempt.
fn without_machine_at_first(_: usize, asked: &StubRequest) -> StubResponse {
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    ok(&match operation(asked) {
        "listtasks" => json!({"taskArns": []}),
        "getobject" => return no_such_key(),
        "createsecret" | "putsecretvalue" => json!({"ARN": "arn:secret"}),
        "describetaskdefinition" => {
            return StubResponse::json(
                400,
                r#"{"__type":"ClientException","message":"Unable to describe task definition."}"#,
            );
        }
        "registertaskdefinition" => {
            json!({"taskDefinition": {"taskDefinitionArn": "arn:definition:1"}})
        }
        "describeaccesspoints" => json!({"AccessPoints": [{
            "AccessPointId": "fsap-1", "LifeCycleState": "available",
            "Tags": [{"Key": "refractory:deployment", "Value": "club"}, {"Key": "refractory:instance", "Value": "abc"}],
        }]}),
        "runtask" => {
            let token = body["clientToken"].as_str().unwrap();
            json!({"tasks": [{"taskArn": format!("arn:task/{token}")}]})
        }
        "describetasks" => {
            let first = format!("arn:task/{}", crate::Naming::new("club").client_token(&key()));
            let arn = body["tasks"][0].as_str().unwrap();
            let state = if arn == first {
                json!({"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stopCode": "TaskFailedToStart",
                    "stoppedReason": "Capacity is unavailable at this time. Please try again later."})
            } else {
                at("10.0.0.7")
            };
            json!({"tasks": [task(arn, u32::from(arn != first), state)]})
        }
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn scenario_10_a_task_that_found_no_machine_is_followed_by_another_attempt_elsewhere() {
    let server = StubServer::serve(without_machine_at_first).await;
    let runtime = runtime(&server, &Arc::default());
    let mut told = Vec::new();
    let ready = loop {
        match runtime.ensure(&key(), &fixtures::spec()).await.unwrap() {
            Observed::Pending(progress) => told.push(progress.unwrap().message),
            other => break other,
        }
    };
    assert!(matches!(ready, Observed::Ready(_)), "{ready:?}");
    assert!(told.iter().any(|told| told.contains("subnet-a is tried")), "{told:?}");
    let asked = server.asked();
    let runs: Vec<Value> = asked
        .iter()
        .filter(|asked| operation(asked) == "runtask")
        .map(|asked| serde_json::from_str(&asked.body).unwrap())
        .collect();
    assert_eq!(runs.len(), 2);
    assert_ne!(runs[0]["clientToken"], runs[1]["clientToken"]);
    let subnets =
        |run: &Value| run["networkConfiguration"]["awsvpcConfiguration"]["subnets"].clone();
    assert_eq!(
        (subnets(&runs[0]), subnets(&runs[1])),
        (json!(["subnet-a", "subnet-b"]), json!(["subnet-a"]))
    );
    assert_eq!(runs[0]["startedBy"], "club/abc/1");
}

#[tokio::test]
async fn scenario_10_want_of_a_machine_is_given_up_in_the_end() {
    let server = StubServer::serve(|number, asked| match operation(asked) {
        "runtask" => {
            ok(&json!({"failures": [{"reason": "Capacity is unavailable at this time."}]}))
        }
        _ => without_machine_at_first(number, asked),
    })
    .await;
    let clock = Arc::default();
    let runtime = runtime(&server, &clock);
    let mut told = std::collections::BTreeSet::new();
    let error = loop {
        match runtime.ensure(&key(), &fixtures::spec()).await {
            Ok(Observed::Pending(progress)) => told.insert(progress.unwrap().message),
            other => break other.unwrap_err(),
        };
        assert!(
            matches!(runtime.observe(&key()).await.unwrap(), Observed::Pending(_)),
            "looking says the same"
        );
        clock.advance(Duration::from_secs(2));
    };
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Exhausted, true));
    assert!(error.for_people().contains("no capacity"));
    assert_eq!(told.len(), 3, "two zones, and then no news: {told:?}");
    let runs = server.asked().iter().filter(|asked| operation(asked) == "runtask").count();
    assert!(runs <= 3 * 12, "{runs} calls in five minutes");
    assert_eq!(runtime.remove(&key(), Stop::Gentle).await.unwrap(), Observed::Absent);
}

#[tokio::test]
async fn a_quota_of_cores_is_said_to_be_one() {
    let server = StubServer::serve(|number, asked| match operation(asked) {
        "runtask" => StubResponse::json(
            400,
            r#"{"__type":"ClientException","message":"You've reached the limit on the number of vCPUs you can run concurrently"}"#,
        ),
        _ => without_machine_at_first(number, asked),
    })
    .await;
    let error =
        runtime(&server, &Arc::default()).ensure(&key(), &fixtures::spec()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Exhausted, true));
    assert!(error.for_people().contains("cores"), "{error:?}");
}

#[tokio::test]
async fn nothing_is_launched_on_data_that_is_being_replaced() {
    let server = StubServer::serve(|number, asked| match operation(asked) {
        "getobject" => ok(&json!({"at": 1_764_111_600_000_u64, "attempt": "a"})),
        _ => without_machine_at_first(number, asked),
    })
    .await;
    let runtime = runtime(&server, &Arc::default());
    let error = runtime.ensure(&key(), &fixtures::spec()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true));
    assert!(error.for_people().contains("It starts when that is finished"), "{error:?}");
    assert!(server.asked().iter().all(|asked| operation(asked) != "runtask"));
}

/// Answers a process that comes after another one began the launch: its secret is written, and its task has this digest.
fn begun_before(digest: &'static str) -> impl Fn(usize, &StubRequest) -> StubResponse {
    move |number, asked| match operation(asked) {
        "createsecret" | "putsecretvalue" => StubResponse::json(
            400,
            r#"{"__type":"ResourceExistsException","message":"It exists with another value."}"#,
        ),
        "listtasks" => ok(&json!({"taskArns": ["arn:task/1"]})),
        "describetasks" => {
            let mut task = task("arn:task/1", 0, at("10.0.0.7"));
            task["tags"][2]["value"] = json!(digest);
            ok(&json!({"tasks": [task]}))
        }
        _ => without_machine_at_first(number, asked),
    }
}

#[tokio::test]
async fn a_launch_that_a_former_version_began_is_recognized() {
    // The digest of the sample, as versions before the `v2-` form tagged its task.
    let former = "a9d277f39f165838d3762ecf404a85cc6cbfd9bb13feab95ed11e0f959d5e16e";
    let server = StubServer::serve(begun_before(former)).await;
    let upgraded = runtime(&server, &Arc::default());
    let seen = upgraded.ensure(&key(), &fixtures::spec()).await.unwrap();
    let endpoint = Endpoint::new("10.0.0.7", 30_000).with_prefix("friday");
    assert_eq!(seen, Observed::Ready(endpoint));
    assert!(server.asked().iter().all(|asked| operation(asked) != "runtask"), "it runs already");
    let other = fixtures::spec().with(|spec| spec.language = None);
    let refused = runtime(&server, &Arc::default()).ensure(&key(), &other).await.unwrap_err();
    assert_eq!((refused.kind(), refused.is_transient()), (ErrorKind::Invalid, false));
}

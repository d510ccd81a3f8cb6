//! The stand-in for the image, as a task on Fargate.
use std::time::Duration;

use serde_json::{Value, json};
use testkit::aws::{Account, Program};
use testkit::foundry::{Account as Customer, DataFolder, FakeSite, LICENSE_KEY, Layout, Version};
use testkit::http::RawClient;

use super::account;
use super::api::{Cluster, address};

const IMAGE: &str = env!("CARGO_BIN_EXE_felddy-stand-in");
const WORLD: &str = "strahd";

/// A table on EFS with the image of `version`.
struct Table {
    cluster: Cluster,
    data: DataFolder,
    definition: String,
    _site: FakeSite,
}

impl Table {
    async fn new(account: &Account, version: Version, more: &[(&str, &str)]) -> Self {
        let site = FakeSite::start(Customer { releases: vec![version], ..Customer::default() })
            .await
            .unwrap();
        let cluster = Cluster::new(account).await;
        let named = format!("{}.{}", version.generation, version.build);
        let program = Program::new(IMAGE, &[]).with_env("FOUNDRY_VERSION", &named);
        account.run_as("felddy/foundryvtt", &program).await.unwrap();
        let efs = |path: &'static str, body: Value| {
            let api = cluster.api.clone();
            async move {
                let (_, said) =
                    api.rest("elasticfilesystem", "POST", path, &body.to_string()).await;
                serde_json::from_str::<Value>(&said).unwrap()
            }
        };
        let system = efs("/2015-02-01/file-systems", json!({"CreationToken": "a"})).await;
        let system = system["FileSystemId"].as_str().unwrap().to_owned();
        let point = efs(
            "/2015-02-01/access-points",
            json!({
                "ClientToken": "t", "FileSystemId": system, "RootDirectory": {"Path": "/t", "CreationInfo": {
                    "OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0755"}},
            }),
        );
        let point = point.await["AccessPointId"].clone();
        let layout = Layout::of(version).last().copied().unwrap();
        let url = site.timed_url(version, layout);
        let always = [("FOUNDRY_RELEASE_URL", url.as_str()), ("FOUNDRY_LICENSE_KEY", LICENSE_KEY)];
        let environment: Vec<_> = always
            .iter()
            .chain(more)
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let container = json!({
            "environment": environment, "stopTimeout": 20,
            "mountPoints": [{"sourceVolume": "v", "containerPath": "/data"}],
        });
        let volume = json!([{"name": "v", "efsVolumeConfiguration": {
            "fileSystemId": system, "transitEncryption": "ENABLED", "authorizationConfig": {"accessPointId": point}}}]);
        let definition = cluster.define("felddy/foundryvtt", container, volume).await;
        let data = DataFolder::at(account.file_system(&system).join("t"));
        Self { cluster, data, definition, _site: site }
    }

    /// Starts the table and waits until it answers; its task and its address.
    async fn start(&self) -> (String, String) {
        let task = self.cluster.run(&self.definition).await;
        let at = address(&self.cluster.until(&task, "RUNNING").await);
        for _ in 0..1000 {
            if tokio::net::TcpStream::connect((at.as_str(), 30000)).await.is_ok() {
                return (task, at);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the table does not answer: {}", self.cluster.describe(&task).await);
    }

    async fn stop(&self, task: &str) -> Value {
        self.cluster.api.ecs("StopTask", json!({"cluster": "k", "task": task})).await;
        self.cluster.until(task, "STOPPED").await["containers"][0]["exitCode"].clone()
    }
}

async fn get(at: &str, path: &str) -> (u16, String) {
    let address = format!("{at}:30000").parse().unwrap();
    let question = format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
    let answer = RawClient::ask(address, question).await;
    let to = answer.headers("location").first().map(|to| (*to).to_owned());
    (answer.status, to.unwrap_or_else(|| answer.text()))
}

async fn accept(at: &str) {
    let address = format!("{at}:30000").parse().unwrap();
    let body = "accept=true&agree=on";
    let question = format!(
        "POST /license HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    RawClient::ask(address, question).await;
}

#[tokio::test]
async fn a_license_must_be_accepted_again_at_each_start() {
    let account = account().await;
    let table = Table::new(
        &account,
        Version::new(13, 351),
        &[("FOUNDRY_ADMIN_KEY", "sesame"), ("STAND_IN_LOCK_STALE", "10ms")],
    )
    .await;
    let mut hosts = Vec::new();
    for _ in 0..2 {
        let (task, at) = table.start().await;
        let said = get(&at, "/api/status").await;
        assert_eq!(said, (200, r#"{"active":false,"version":"13.351"}"#.to_owned()));
        assert_eq!(get(&at, "/").await.1, "/license", "{hosts:?}");
        accept(&at).await;
        assert_eq!(get(&at, "/").await.1, "/auth");
        let license: Value =
            serde_json::from_slice(&std::fs::read(table.data.license()).unwrap()).unwrap();
        hosts.push(license["host"].as_str().unwrap().to_owned());
        table.stop(&task).await;
    }
    assert_ne!(hosts[0], hosts[1]);
}

#[tokio::test]
async fn an_image_that_does_not_wait_leaves_the_world_open() {
    for (version, code, state) in
        [(Version::new(13, 351), 143, "open"), (Version::new(14, 364), 0, "closed")]
    {
        let account = account().await;
        let table = Table::new(
            &account,
            version,
            &[("FOUNDRY_WORLD", WORLD), ("STAND_IN_HOSTNAME", "always")],
        )
        .await;
        std::fs::create_dir_all(table.data.root()).unwrap();
        let data = table.data.clone().with_license_signed_for("always").with_world(WORLD, version);
        let (task, at) = table.start().await;
        for _ in 0..1000 {
            if get(&at, "/api/status").await.1.contains(r#""active":true"#) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(table.stop(&task).await, code, "{version:?}");
        let marker = testkit::foundry::WorldMarker::read(&data, WORLD).unwrap();
        let open = marker.database == testkit::foundry::Database::Open;
        assert_eq!(open, state == "open", "{version:?}: {marker:?}");
        let next = table.cluster.run(&table.definition).await;
        if open {
            let ended = table.cluster.until(&next, "STOPPED").await;
            assert_eq!(
                ended["containers"][0]["exitCode"], 1,
                "the lock is left too, and is not yet stale"
            );
        } else {
            table.cluster.until(&next, "RUNNING").await;
        }
    }
}

#[tokio::test]
async fn a_cached_release_is_not_fetched_again_and_none_is_an_end() {
    let account = account().await;
    let version = Version::new(13, 351);
    let table = Table::new(&account, version, &[]).await;
    let (task, _) = table.start().await;
    table.stop(&task).await;
    assert!(table.data.root().join("container_cache/foundryvtt-13.351.zip").is_file());
    let bare = table.cluster.define("felddy/foundryvtt", json!({}), json!([])).await;
    let task = table.cluster.until(&table.cluster.run(&bare).await, "STOPPED").await;
    assert_eq!(task["containers"][0]["exitCode"], 1, "no way to a release");
}

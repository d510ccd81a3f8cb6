//! EFS: file systems, access points, and what a task sees of them.
use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};
use testkit::aws::Program;

use super::account;
use super::api::{Api, Cluster};

async fn efs(api: &Api, method: &str, path: &str, body: Value) -> (u16, Value) {
    let path = format!("/2015-02-01/{path}");
    let (status, said) = api.rest("elasticfilesystem", method, &path, &body.to_string()).await;
    (status, serde_json::from_str(&said).unwrap_or_default())
}

async fn file_system(api: &Api) -> String {
    let (_, said) = efs(api, "POST", "file-systems", json!({"CreationToken": "a"})).await;
    said["FileSystemId"].as_str().unwrap().to_owned()
}

async fn access_point(api: &Api, of: &str, token: &str, made: bool) -> String {
    let mut root = json!({"Path": format!("/tables/{token}")});
    if made {
        root["CreationInfo"] = json!({"OwnerUid": 421, "OwnerGid": 421, "Permissions": "0750"});
    }
    let body = json!({
        "ClientToken": token, "FileSystemId": of, "PosixUser": {"Uid": 421, "Gid": 421}, "RootDirectory": root,
    });
    let (status, said) = efs(api, "POST", "access-points", body).await;
    assert_eq!(status, 200, "{said}");
    said["AccessPointId"].as_str().unwrap().to_owned()
}

fn volume(file_system: &str, access_point: &str) -> Value {
    json!([{"name": "v", "efsVolumeConfiguration": {
        "fileSystemId": file_system, "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": access_point, "iam": "ENABLED"},
    }}])
}

fn mounted(more: &Value) -> Value {
    let mut container = json!({"mountPoints": [{"sourceVolume": "v", "containerPath": "/data"}]});
    container.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    container
}

#[tokio::test]
async fn a_volume_is_the_access_points_folder_and_outlives_the_task() {
    let account = account().await;
    account.run_as("image", &Program::new("false", &[])).await.unwrap();
    let cluster = Cluster::new(&account).await;
    let system = file_system(&cluster.api).await;
    let point = access_point(&cluster.api, &system, "t1", true).await;
    let write = mounted(
        &json!({"entryPoint": ["sh", "-c"], "command": ["echo hello >/data/f && ls /data/"]}),
    );
    let definition = cluster.define("image", write, volume(&system, &point)).await;
    let task = cluster.until(&cluster.run(&definition).await, "STOPPED").await;
    assert_eq!(task["containers"][0]["exitCode"], 0, "{task}");
    let folder = account.file_system(&system).join("tables/t1");
    assert_eq!(std::fs::read_to_string(folder.join("f")).unwrap(), "hello\n");
    let root = std::fs::metadata(&folder).unwrap();
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        assert_eq!((root.uid(), root.gid(), root.mode() & 0o777), (421, 421, 0o750));
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_mounted() {
    let cluster = Cluster::new(&account().await).await;
    cluster.api.account.run_as("image", &Program::idle()).await.unwrap();
    let system = file_system(&cluster.api).await;
    let bare = access_point(&cluster.api, &system, "bare", false).await;
    for (system, point, wanted) in [
        (system.as_str(), bare.as_str(), "No such file or directory"),
        (&system, "fsap-0123456789abcdef0", "does not exist"),
        ("fs-0123456789abcdef0", &bare, "does not exist"),
    ] {
        let definition = cluster.define("image", mounted(&json!({})), volume(system, point)).await;
        let task = cluster.until(&cluster.run(&definition).await, "STOPPED").await;
        let why = task["stoppedReason"].as_str().unwrap();
        assert!(why.starts_with("ResourceInitializationError: failed to invoke EFS"), "{why}");
        assert!(why.contains(wanted), "{why}");
    }
}

#[tokio::test]
async fn tokens_are_taken_once() {
    let api = Api::of(&account().await);
    let system = file_system(&api).await;
    let (status, said) = efs(&api, "POST", "file-systems", json!({"CreationToken": "a"})).await;
    assert_eq!((status, &said["ErrorCode"]), (409, &json!("FileSystemAlreadyExists")));
    assert_eq!(said["FileSystemId"], system);
    let point = access_point(&api, &system, "t1", true).await;
    let again = json!({"ClientToken": "t1", "FileSystemId": system});
    let (status, said) = efs(&api, "POST", "access-points", again).await;
    assert_eq!((status, &said["ErrorCode"]), (409, &json!("AccessPointAlreadyExists")));
    assert_eq!(said["AccessPointId"], point);
}

#[tokio::test]
async fn access_points_come_in_pages() {
    let api = Api::of(&account().await);
    let system = file_system(&api).await;
    for token in ["a", "b", "c"] {
        access_point(&api, &system, token, true).await;
    }
    let page = |more: &str| {
        let path = format!("access-points?FileSystemId={system}&MaxResults=2{more}");
        let api = api.clone();
        async move { efs(&api, "GET", &path, json!({})).await.1 }
    };
    let first = page("").await;
    assert_eq!(first["AccessPoints"].as_array().unwrap().len(), 2);
    let next = format!("&NextToken={}", first["NextToken"].as_str().unwrap());
    let second = page(&next).await;
    assert_eq!(second["AccessPoints"].as_array().unwrap().len(), 1);
    assert_eq!(second["NextToken"], Value::Null);
    let (status, _) = efs(&api, "GET", "access-points?AccessPointId=fsap-1", json!({})).await;
    assert_eq!(status, 404);
}

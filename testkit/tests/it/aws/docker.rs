//! The Docker engine that tests start: it comes, and goes whole.
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::json;
use tempfile::TempDir;
use testkit::aws::{Engine, Image};

use super::api::Cluster;

/// An engine in its own folder.
async fn engine(folder: &Path) -> Engine {
    let folder = folder.to_owned();
    let starting = tokio::task::spawn_blocking(move || Engine::start_in(&folder, Duration::ZERO));
    starting.await.unwrap().unwrap()
}

/// What shows that there is an engine in `folder`, or was: processes, mounts, an interface with its address, a cgroup.
fn traces(folder: &Path, gateway: &str) -> Vec<String> {
    let name = folder.to_str().unwrap();
    let mut traces: Vec<_> =
        processes(name).into_iter().map(|pid| format!("process {pid}")).collect();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    traces.extend(
        mounts.lines().filter(|line| line.contains(name)).map(|line| format!("mount {line}")),
    );
    let addresses = std::fs::read_to_string("/proc/net/fib_trie").unwrap();
    if addresses.lines().any(|line| line.trim_start_matches([' ', '|', '-']).trim() == gateway) {
        traces.push(format!("address {gateway}"));
    }
    traces
}

/// The processes whose command line has `word` in it; of this one's own threads none has.
fn processes(word: &str) -> Vec<i32> {
    let pids = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let named = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(word)
    };
    pids.filter(named).collect()
}

async fn gone(what: impl Fn() -> Vec<String>) {
    for _ in 0..1500 {
        if what().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:#?}", what());
}

/// A container that does nothing, in `engine`, and what its process is known by.
async fn contained(engine: &Engine) -> String {
    // Some days, which no one else sleeps.
    let mark = format!("86400.{}", std::process::id());
    engine.load("still:1", &Image::new().with("sleep").entry(&["/bin/sleep"])).await;
    engine.run("still:1", &[&mark]).await;
    let line = format!("/bin/sleep\0{mark}\0");
    assert_eq!((engine.count().await, processes(&line).len()), (1, 1));
    line
}

#[tokio::test]
async fn an_engine_ends_with_its_last_user_and_leaves_nothing() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("engine");
    let first = engine(&folder).await;
    let gateway = first.gateway().to_string();
    let line = contained(&first).await;
    let second = engine(&folder).await;
    assert_eq!(second.count().await, 1, "whoever asks again has the same");
    drop(first);
    assert_eq!(second.count().await, 1, "it stays for whoever is left");
    assert!(traces(&folder, &gateway).len() > 3, "{:?}", traces(&folder, &gateway));
    drop(second);
    gone(|| traces(&folder, &gateway)).await;
    assert_eq!(processes(&line), Vec::<i32>::new());
    gone(|| folder.exists().then(|| "its folder".to_owned()).into_iter().collect()).await;
}

fn is_running(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

#[tokio::test]
async fn what_a_killed_engine_has_left_is_cleared_away_by_the_next() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("engine");
    let killed = engine(&folder).await;
    let line = contained(&killed).await;
    let name = folder.to_str().unwrap();
    for pid in processes(name) {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if line.starts_with("bash\0") || line.starts_with("dockerd\0") {
            rustix::process::kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
            // A process that is being killed still holds its locks.
            while is_running(pid) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    drop(killed);
    assert_eq!(processes(&line).len(), 1, "it outlives the engine");
    let next = engine(&folder).await;
    assert_eq!(next.count().await, 0, "containers");
    assert_eq!(processes(&line), Vec::<i32>::new());
    let gateway = next.gateway().to_string();
    drop(next);
    gone(|| traces(&folder, &gateway)).await;
}

#[tokio::test]
async fn the_containers_of_a_task_have_one_address_that_nothing_else_has() {
    let engine = Engine::shared().await;
    let account = engine.account().await;
    engine.load("shell:1", &Image::new().with("sh").with("sleep").entry(&["/bin/sh", "-c"])).await;
    let cluster = Cluster::new(&account).await;
    let waits = json!({"command": ["trap 'exit 0' TERM; sleep 1000 & wait"]});
    let definition = cluster.define("shell:1", waits, json!([])).await;
    let (one, other) = (cluster.run(&definition).await, cluster.run(&definition).await);
    let mut addresses = Vec::new();
    for task in [&one, &other] {
        let task = cluster.until(task, "RUNNING").await;
        let details = task["attachments"][0]["details"].as_array().unwrap().clone();
        let address = details.iter().find(|detail| detail["name"] == "privateIPv4Address").unwrap();
        addresses.push(address["value"].as_str().unwrap().to_owned());
    }
    assert_ne!(addresses[0], addresses[1]);
    assert_eq!(engine.containers(&account).await.len(), 2);
    for task in [&one, &other] {
        cluster.api.ecs("StopTask", json!({"cluster": "k", "task": task})).await;
        let task = cluster.until(task, "STOPPED").await;
        assert_eq!(task["containers"][0]["exitCode"], 0, "{task}");
    }
    assert!(engine.containers(&account).await.is_empty(), "they are gone from the engine too");
}

#[tokio::test]
async fn an_image_that_was_not_brought_in_cannot_be_pulled() {
    let cluster = Cluster::new(&Engine::shared().await.account().await).await;
    let definition = cluster.define("nobody/nothing:1", json!({}), json!([])).await;
    let task = cluster.until(&cluster.run(&definition).await, "STOPPED").await;
    assert!(
        task["stoppedReason"].as_str().unwrap().starts_with("CannotPullContainerError"),
        "{task}"
    );
}

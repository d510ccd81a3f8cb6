//! The server's own life.
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::json;
use testkit::aws::{Emulator, Program, RunningTask};
use tokio::net::TcpStream;

use super::account;
use super::api::{Api, Cluster};

/// A server of the test's own, its folder, and a task in it.
async fn server() -> (Emulator, PathBuf, RunningTask) {
    let server = tokio::task::spawn_blocking(Emulator::start).await.unwrap().unwrap();
    let account = server.account();
    let cluster = Cluster::new(&account).await;
    cluster.running(&Program::new("sleep", &["1000"])).await;
    let folder = account.file_system("x").ancestors().nth(2).unwrap().to_owned();
    let task = account.tasks().await.unwrap().remove(0);
    assert!(runs(task.pid.unwrap()) && folder.is_dir());
    (server, folder, task)
}

/// Whether there is such a process, and not only what is left of one.
fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

async fn ended(pid: u32) {
    for _ in 0..1000 {
        if !runs(pid) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{pid} still runs");
}

#[tokio::test]
async fn a_server_leaves_nothing_behind() {
    let (server, folder, task) = server().await;
    let address = server.account().address();
    tokio::task::spawn_blocking(|| drop(server)).await.unwrap();
    assert!(!folder.exists(), "its folder");
    assert!(TcpStream::connect(address).await.is_err(), "its port");
    ended(task.pid.unwrap()).await;
}

#[tokio::test]
async fn a_server_whose_guard_is_killed_ends_too() {
    let (server, folder, task) = server().await;
    let named = |pid: &u32| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.starts_with("/bin/sh\0") && line.contains(folder.to_str().unwrap())
    };
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u32>().ok());
    let guard = processes.into_iter().find(named).unwrap();
    assert_ne!(group(guard), group(std::process::id()), "it would die with the test");
    let guard = Pid::from_raw(guard.try_into().unwrap()).unwrap();
    rustix::process::kill_process(guard, Signal::KILL).unwrap();
    ended(task.pid.unwrap()).await;
    drop(server);
    std::fs::remove_dir_all(folder).unwrap();
}

fn group(pid: u32) -> Pid {
    let pid = Pid::from_raw(pid.try_into().unwrap());
    rustix::process::getpgid(pid).unwrap()
}

#[tokio::test]
async fn what_the_door_does_not_know_it_refuses() {
    let account = account().await;
    assert!(account.run_in_docker("unix:///nowhere.sock").await.is_err());
    let (status, said) = Api::of(&account)
        .rest("ecs", "PUT", &format!("/_refractory/switches/{}", account.id()), r#"{"wind": 1}"#)
        .await;
    assert_eq!(status, 400);
    assert!(said.contains("no such switch: wind"), "{said}");
    assert_eq!(account.switches().await.unwrap(), testkit::aws::Switches::default());
    let (status, _) = Api::of(&account)
        .rest(
            "ecs",
            "PUT",
            &format!("/_refractory/images/{}", account.id()),
            &json!({"i": {"argv": "x"}}).to_string(),
        )
        .await;
    assert_eq!(status, 400);
}

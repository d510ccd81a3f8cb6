//! Launches outlive the process that started them.
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use refractory_core::ErrorKind;
use refractory_core::model::Urgency;
use refractory_core::ports::{InstanceRuntime, Observed};
use rustix::process::Signal;
use tokio::time::Instant;

use super::bed::{Bed, gone, kill, ports, runs, spec, up};

const FOLDER: &str = "REFRACTORY_TEST_FOLDER";
const INSTANCE: &str = "REFRACTORY_TEST_INSTANCE";

/// Not a test: the process that the next one kills. Does nothing by itself.
#[tokio::test]
async fn a_parent_to_be_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let instance = std::env::var_os(INSTANCE).unwrap().to_str().unwrap().parse().unwrap();
    let mut config = refractory_core::local::LocalConfig::default();
    config.node = Some(env!("CARGO_BIN_EXE_foundry-stand-in").to_owned());
    let ports = ports(&folder, config);
    let spec = spec(&ports).await;
    let runtime = ports.runtime(ports.archives()).unwrap();
    up(&runtime, &refractory_core::LaunchId { instance, attempt: 1 }, &spec).await;
    kill(std::process::id(), Signal::KILL);
}

#[tokio::test]
async fn scenario_03_a_program_outlives_kill_9_of_its_parent_and_is_adopted_with_the_same_pid() {
    let bed = Bed::made().await;
    let parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "local::adoption::a_parent_to_be_killed"])
        .env(FOLDER, bed.root())
        .env(INSTANCE, bed.instance.as_str())
        .output()
        .unwrap();
    assert!(parent.status.code().is_none(), "{parent:?}");
    let runtime = bed.runtime();
    let begun = Instant::now();
    let seen = runtime.observe(&bed.key(1)).await.unwrap();
    let Observed::Ready(endpoint) = seen else { panic!("{seen:?}") };
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(runs(endpoint.pid.unwrap()));
    assert_eq!(bed.up(&runtime, 1).await, endpoint);
    bed.down(&runtime, 1, Urgency::Gentle).await;
    gone(endpoint.pid.unwrap()).await;
}

#[tokio::test]
async fn scenario_04_a_launch_whose_start_was_never_written_down_is_found_by_its_mark() {
    let bed = Bed::made().await;
    let endpoint = bed.up(&bed.runtime(), 1).await;
    // As a power cut between the start and the writing leaves it.
    let text = fs::read_to_string(bed.note(1)).unwrap();
    let mut note: serde_json::Value = serde_json::from_str(&text).unwrap();
    note["stage"] = "intended".into();
    note["answered"] = false.into();
    fs::write(bed.note(1), note.to_string()).unwrap();
    let runtime = bed.runtime();
    assert_eq!(bed.up(&runtime, 1).await, endpoint);
    assert!(fs::read_to_string(bed.note(1)).unwrap().contains("started"));
}

#[tokio::test]
async fn scenario_04_a_launch_that_was_cut_off_before_it_ran_is_broken_and_the_next_one_runs() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    let text = fs::read_to_string(bed.note(1)).unwrap();
    bed.down(&runtime, 1, Urgency::Gentle).await;
    assert!(!runs(pid));
    let mut note: serde_json::Value = serde_json::from_str(&text).unwrap();
    note["stage"] = "intended".into();
    fs::write(bed.note(1), note.to_string()).unwrap();
    let reason = bed.broken(&bed.runtime(), 1).await;
    assert!(reason.contains("cut off"), "{reason}");
    bed.up(&runtime, 2).await;
}

#[tokio::test]
async fn scenario_04_a_launch_whose_note_is_lost_is_listed_and_can_be_stopped() {
    let bed = Bed::made().await;
    let pid = bed.up(&bed.runtime(), 1).await.pid.unwrap();
    fs::remove_file(bed.note(1)).unwrap();
    let runtime = bed.runtime();
    assert_eq!(runtime.list().await.unwrap(), vec![bed.key(1)]);
    assert!(matches!(runtime.observe(&bed.key(1)).await.unwrap(), Observed::Broken(_)));
    bed.down(&runtime, 1, Urgency::Gentle).await;
    assert!(!runs(pid));
    assert!(runtime.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_note_of_an_earlier_boot_or_of_a_reused_pid_names_nobody() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    let pid = bed.up(&runtime, 1).await.pid.unwrap();
    let text = fs::read_to_string(bed.note(1)).unwrap();
    bed.down(&runtime, 1, Urgency::Now).await;
    for (what, value) in [
        ("boot", serde_json::json!({"boot": "another"})),
        ("pid", serde_json::json!({"stage": {"started": {"pid": std::process::id(), "start": 1}}})),
    ] {
        let mut note: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (key, value) in value.as_object().unwrap() {
            note[key] = value.clone();
        }
        fs::write(bed.note(1), note.to_string()).unwrap();
        let seen = bed.runtime().observe(&bed.key(1)).await.unwrap();
        assert!(matches!(seen, Observed::Broken(_)), "{what}: {seen:?}");
    }
    assert!(!runs(pid));
}

#[tokio::test]
async fn another_deployment_sees_nothing_of_ours() {
    let (ours, theirs) = (Bed::made().await, Bed::made().await);
    ours.up(&ours.runtime(), 1).await;
    let stranger = theirs.runtime();
    assert!(stranger.list().await.unwrap().is_empty());
    assert_eq!(stranger.observe(&ours.key(1)).await.unwrap(), Observed::Absent);
    assert_eq!(stranger.remove(&ours.key(1), Urgency::Now).await.unwrap(), Observed::Absent);
    assert!(matches!(ours.runtime().observe(&ours.key(1)).await.unwrap(), Observed::Ready(_)));
}

#[tokio::test]
async fn two_of_us_on_one_data_folder_is_refused() {
    let bed = Bed::made().await;
    let dir = refractory_core::local::DataDir::open(bed.root()).unwrap();
    let held = dir.lock().unwrap();
    assert_eq!(dir.lock().unwrap_err().kind(), ErrorKind::Conflict);
    // A program that runs does not hold it.
    bed.up(&bed.runtime(), 1).await;
    drop(held);
    dir.lock().unwrap();
}

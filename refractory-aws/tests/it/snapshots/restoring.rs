//! Putting snapshots back.
use std::fs;
use std::path::Path;
use std::process::Command;

use refractory_aws::S3Snapshots;
use refractory_core::ErrorKind;
use refractory_core::ports::{Observed, Snapshots as _, Volume};
use testkit::conformance::Contents as _;

use super::{killed_after_each_call, name, restored, taken};
use crate::support::bed::{Bed, absent, id};

#[tokio::test]
async fn a_running_table_is_not_restored() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    bed.write(&id("a"), "before");
    let snapshots = bed.snapshots();
    taken(&snapshots, 1, &volume).await;
    bed.write(&id("a"), "after");
    let task = bed.start_table(&id("a")).await;
    let refused = snapshots.restore(&name(1), &volume).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(snapshots.restoring(&id("a")).await.unwrap(), None, "nothing has begun");
    assert_eq!(bed.read(&id("a")).as_deref(), Some("after"));
    bed.stop_task(&task).await;
    restored(&snapshots, 1, &volume).await;
    assert_eq!(bed.read(&id("a")).as_deref(), Some("before"));
}

#[tokio::test]
async fn the_same_snapshot_can_be_restored_twice() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    bed.write(&id("a"), "before");
    let snapshots = bed.snapshots();
    taken(&snapshots, 1, &volume).await;
    for text in ["one", "two"] {
        bed.write(&id("a"), text);
        restored(&snapshots, 1, &volume).await;
        assert_eq!(bed.read(&id("a")).as_deref(), Some("before"));
    }
}

#[tokio::test]
async fn a_damaged_piece_restores_nothing() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    bed.write(&id("a"), "before");
    let snapshots = bed.snapshots();
    taken(&snapshots, 1, &volume).await;
    let keys = bed.keys().await;
    let piece = keys.iter().find(|key| key.ends_with("/00000")).unwrap();
    let put = bed.clients.s3.put_object().bucket(&bed.outputs.bucket).key(piece);
    put.body(b"something else".to_vec().into()).send().await.unwrap();
    bed.write(&id("a"), "after");
    let refused = loop {
        match snapshots.restore(&name(1), &volume).await {
            Ok(Observed::Pending(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(refused.is_transient());
    assert_eq!(bed.read(&id("a")).as_deref(), Some("after"));
    assert_eq!(
        snapshots.restoring(&id("a")).await.unwrap(),
        Some(name(1)),
        "the table must not start meanwhile"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_after_any_call_is_carried_on_by_the_next() {
    let prepare = async |bed: &Bed| {
        let volume = bed.volume(&id("a")).await;
        bed.write(&id("a"), "before");
        taken(&bed.snapshots(), 1, &volume).await;
        bed.write(&id("a"), "after");
        volume
    };
    let work = async |dying: &S3Snapshots, volume: &Volume| {
        Ok(dying.restore(&name(1), volume).await?.map(drop))
    };
    let carry_on = async |bed: &Bed, volume: &Volume, calls| {
        restored(&bed.snapshots(), 1, volume).await;
        assert_eq!(bed.read(&id("a")).as_deref(), Some("before"), "after {calls} calls");
        assert_eq!(bed.snapshots().restoring(&id("a")).await.unwrap(), None);
    };
    let died = killed_after_each_call(&prepare, &work, &carry_on).await;
    assert!(died >= 12, "{died} deaths");
}

/// The part of a job that replaces a volume's contents, killed before each of its steps, and then run again.
#[test]
fn a_swap_that_is_killed_before_any_step_is_finished_by_the_next_errand() {
    let script = include_str!("../../../src/storage/job/swap.sh");
    let mut kills = 0;
    for step in 1..100 {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (name, text) in [("Data", "old"), ("Config", "old"), ("Logs", "old")] {
            fs::create_dir(root.join(name)).unwrap();
            fs::write(root.join(name).join("file"), text).unwrap();
        }
        let incoming = root.join(".refractory-swap/commit");
        for name in ["Data", "Config", ".hidden"] {
            fs::create_dir_all(incoming.join(name)).unwrap();
            fs::write(incoming.join(name).join("file"), "new").unwrap();
        }
        // Each step is a program that is called; the one numbered `step` is not reached.
        let killed = format!(
            "left={step}; step() {{ left=$((left - 1)); [ $left -gt 0 ] || kill -9 $$; command \"$@\"; }}; \
             mv() {{ step mv \"$@\"; }}; rmdir() {{ step rmdir \"$@\"; }}; rm() {{ step rm \"$@\"; }}; mkdir() {{ step mkdir \"$@\"; }}\n{script}"
        );
        let whole = run(root, &killed);
        kills += usize::from(!whole);
        assert!(run(root, script), "the next one finishes it");
        let mut names: Vec<_> =
            fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".hidden", "Config", "Data"], "killed before step {step}");
        for name in names {
            assert_eq!(
                fs::read_to_string(root.join(name).join("file")).unwrap(),
                "new",
                "killed before step {step}"
            );
        }
        if whole {
            break;
        }
    }
    assert!(kills >= 8, "{kills} kills");
}

fn run(root: &Path, script: &str) -> bool {
    let script = format!("set -euo pipefail; shopt -s nullglob dotglob\n{script}");
    Command::new("bash").arg("-c").arg(script).current_dir(root).output().unwrap().status.success()
}

#[tokio::test]
async fn a_snapshot_that_is_being_restored_is_not_removed() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    bed.write(&id("a"), "before");
    let snapshots = bed.snapshots();
    taken(&snapshots, 1, &volume).await;
    snapshots.restore(&name(1), &volume).await.unwrap();
    assert!(matches!(snapshots.remove(&name(1)).await.unwrap(), Observed::Pending(_)));
    restored(&snapshots, 1, &volume).await;
    let one = name(1);
    absent(|| snapshots.remove(&one)).await;
    assert_eq!(bed.keys().await, Vec::<String>::new());
}

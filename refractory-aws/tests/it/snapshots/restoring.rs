//! Putting snapshots back.
use std::fs;
use std::path::Path;
use std::process::Command;

use refractory_core::ErrorKind;
use refractory_core::ports::{Observed, Snapshots as _};
use testkit::aws::FaultProxy;
use testkit::conformance::Contents as _;

use super::{name, restored, taken};
use crate::support;
use crate::support::place::{Place, absent, id};

#[tokio::test]
async fn a_running_table_is_not_restored() {
    let place = Place::made().await;
    let volume = place.volume(&id("a")).await;
    place.write(&id("a"), "before");
    let snapshots = place.snapshots();
    taken(&snapshots, 1, &volume).await;
    place.write(&id("a"), "after");
    let task = place.start_table(&id("a")).await;
    let refused = snapshots.restore(&name(1), &volume).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(snapshots.restoring(&id("a")).await.unwrap(), None, "nothing has begun");
    assert_eq!(place.read(&id("a")).as_deref(), Some("after"));
    place.stop_task(&task).await;
    restored(&snapshots, 1, &volume).await;
    assert_eq!(place.read(&id("a")).as_deref(), Some("before"));
}

#[tokio::test]
async fn the_same_snapshot_can_be_restored_twice() {
    let place = Place::made().await;
    let volume = place.volume(&id("a")).await;
    place.write(&id("a"), "before");
    let snapshots = place.snapshots();
    taken(&snapshots, 1, &volume).await;
    for text in ["one", "two"] {
        place.write(&id("a"), text);
        restored(&snapshots, 1, &volume).await;
        assert_eq!(place.read(&id("a")).as_deref(), Some("before"));
    }
}

#[tokio::test]
async fn a_damaged_piece_restores_nothing() {
    let place = Place::made().await;
    let volume = place.volume(&id("a")).await;
    place.write(&id("a"), "before");
    let snapshots = place.snapshots();
    taken(&snapshots, 1, &volume).await;
    let keys = place.keys().await;
    let piece = keys.iter().find(|key| key.ends_with("/00000")).unwrap();
    let put = place.clients.s3.put_object().bucket(&place.ground.bucket).key(piece);
    put.body(b"something else".to_vec().into()).send().await.unwrap();
    place.write(&id("a"), "after");
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
    assert_eq!(place.read(&id("a")).as_deref(), Some("after"));
    assert_eq!(
        snapshots.restoring(&id("a")).await.unwrap(),
        Some(name(1)),
        "the table must not start meanwhile"
    );
}

#[tokio::test]
async fn a_process_that_dies_after_any_call_is_carried_on_by_the_next() {
    let mut died = 0;
    for calls in (1..30).step_by(2) {
        let place = Place::made().await;
        let volume = place.volume(&id("a")).await;
        place.write(&id("a"), "before");
        let snapshots = place.snapshots();
        taken(&snapshots, 1, &volume).await;
        place.write(&id("a"), "after");
        let proxy = FaultProxy::start(place.account.address()).await;
        proxy.cut_after(calls);
        let cut_off = support::clients_at(&place.account, &proxy.endpoint());
        // What it signs must lead past the proxy: on AWS, a task does not lose its line with who started it.
        let cut_off = refractory_aws::Clients { s3: place.clients.s3.clone(), ..cut_off };
        let dying = place.snapshots_over(cut_off);
        let whole = loop {
            let (one, volume) = (name(1), volume.clone());
            tokio::select! {
                answer = dying.restore(&one, &volume) => match answer {
                    Ok(Observed::Ready(_)) => break true,
                    Ok(_) => tokio::time::sleep(std::time::Duration::from_millis(25)).await,
                    Err(error) => assert!(error.is_transient(), "{error:?}"),
                },
                () = proxy.cut() => break false,
            }
        };
        died += usize::from(!whole);
        restored(&snapshots, 1, &volume).await;
        assert_eq!(place.read(&id("a")).as_deref(), Some("before"), "after {calls} calls");
        assert_eq!(snapshots.restoring(&id("a")).await.unwrap(), None);
        if whole {
            break;
        }
    }
    assert!(died >= 5, "{died} deaths");
}

/// The part of an errand that replaces a volume's contents, killed before each of its steps, and then run again.
#[test]
fn a_swap_that_is_killed_before_any_step_is_finished_by_the_next_errand() {
    let script = include_str!("../../../src/storage/errand/swap.sh");
    let mut kills = 0;
    for step in 1..100 {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
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
    let place = Place::made().await;
    let volume = place.volume(&id("a")).await;
    place.write(&id("a"), "before");
    let snapshots = place.snapshots();
    taken(&snapshots, 1, &volume).await;
    snapshots.restore(&name(1), &volume).await.unwrap();
    assert!(matches!(snapshots.remove(&name(1)).await.unwrap(), Observed::Pending(_)));
    restored(&snapshots, 1, &volume).await;
    let one = name(1);
    absent(|| snapshots.remove(&one)).await;
    assert_eq!(place.keys().await, Vec::<String>::new());
}

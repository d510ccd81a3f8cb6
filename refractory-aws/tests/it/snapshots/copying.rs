//! Taking snapshots.
use std::fs;

use aws_sdk_ecs::types::DesiredStatus;
use refractory_aws::S3Snapshots;
use refractory_core::ErrorKind;
use refractory_core::ports::{Observed, Snapshots as _, Volume, WorldStorage as _};
use testkit::aws::Program;
use testkit::conformance::Contents as _;

use super::{killed_after_each_call, name, noise, restored, taken};
use crate::support::bed::{Bed, id};

#[tokio::test]
async fn a_large_volume_is_copied_in_pieces_and_comes_back_as_it_was() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    bed.write(&id("a"), "a world");
    let picture = noise(300 << 10);
    fs::write(bed.folder(&id("a")).join("Data/picture.webp"), &picture).unwrap();
    let snapshots = bed.snapshots();
    let taken = taken(&snapshots, 1, &volume).await;
    assert!(taken.size > 300 << 10);
    let pieces = bed.keys().await.iter().filter(|key| key.ends_with("/00004")).count();
    assert_eq!(pieces, 1, "five pieces at least");
    fs::remove_dir_all(bed.folder(&id("a")).join("Data")).unwrap();
    fs::write(bed.folder(&id("a")).join("new"), "x").unwrap();
    restored(&snapshots, 1, &volume).await;
    assert_eq!(fs::read(bed.folder(&id("a")).join("Data/picture.webp")).unwrap(), picture);
    let left: Vec<_> = fs::read_dir(bed.folder(&id("a")))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["Data"], "what came later is gone, and nothing of the restore is left");
}

#[tokio::test]
async fn what_it_holds_is_known_once_it_was_copied() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    bed.write(&id("a"), "a world");
    let snapshots = bed.snapshots();
    taken(&snapshots, 1, &volume).await;
    let Observed::Ready(seen) = bed.storage().observe(&id("a")).await.unwrap() else {
        panic!("ready")
    };
    assert_eq!(seen.usage.map(|usage| (usage.bytes, usage.quota)), Some((7, None)));
}

#[tokio::test]
async fn a_running_table_is_not_copied() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    let task = bed.start_table(&id("a")).await;
    let refused = bed.snapshots().ensure(&name(1), &volume).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(refused.for_people().contains("Stop it"), "{}", refused.for_people());
    bed.stop_task(&task).await;
    let snapshots = bed.snapshots();
    taken(&snapshots, 1, &volume).await;
}

/// The program's lock is the last word: a task that ECS does not show yet, or one elsewhere, still holds it.
#[tokio::test]
async fn a_volume_on_which_a_program_is_at_work_is_not_copied() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    fs::create_dir_all(bed.folder(&id("a")).join("Config/options.json.lock")).unwrap();
    let snapshots = bed.snapshots();
    let refused = loop {
        match snapshots.ensure(&name(1), &volume).await {
            Ok(Observed::Pending(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(refused.for_people().contains("still at work"), "{}", refused.for_people());
    assert_eq!(snapshots.list(&id("a")).await.unwrap(), vec![]);
}

#[tokio::test]
async fn no_address_is_in_a_definition_or_a_task_and_none_is_kept() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    let snapshots = bed.snapshots();
    bed.account.run_as(&bed.config.helper_image, &Program::idle()).await.unwrap();
    snapshots.ensure(&name(1), &volume).await.unwrap();
    let family = bed.naming.job_family(&id("a"));
    let definition =
        bed.clients.ecs.describe_task_definition().task_definition(&family).send().await.unwrap();
    let arn = loop {
        let listed =
            bed.clients.ecs.list_tasks().cluster("club").family(&family).send().await.unwrap();
        if let Some(arn) = listed.task_arns().first() {
            break arn.clone();
        }
    };
    let tasks = bed.clients.ecs.describe_tasks().cluster("club").tasks(&arn).send().await.unwrap();
    for shown in [format!("{definition:?}"), format!("{tasks:?}")] {
        assert!(
            !shown.contains("X-Amz-Signature=") || !shown.contains("http"),
            "an address is shown"
        );
        assert!(!shown.contains("X-Amz-Credential"), "an address is shown");
    }
    bed.account.run_as(&bed.config.helper_image, &Program::new("/usr/bin/env", &[])).await.unwrap();
    bed.stop_task(&arn).await;
    taken(&snapshots, 2, &volume).await;
    let secret = bed
        .clients
        .secrets
        .describe_secret()
        .secret_id(bed.naming.job_secret(&id("a")))
        .send()
        .await;
    assert!(secret.is_err() || secret.unwrap().deleted_date().is_some(), "the orders are gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_after_any_call_is_carried_on_by_the_next() {
    let prepare = async |bed: &Bed| {
        let volume = bed.volume(&id("a")).await;
        bed.write(&id("a"), "a world");
        volume
    };
    let work = async |dying: &S3Snapshots, volume: &Volume| {
        Ok(dying.ensure(&name(1), volume).await?.map(drop))
    };
    let carry_on = async |bed: &Bed, volume: &Volume, calls| {
        let snapshots = bed.snapshots();
        let taken = taken(&snapshots, 1, volume).await;
        assert_eq!(snapshots.list(&id("a")).await.unwrap(), vec![taken], "after {calls} calls");
        let keys = bed.keys().await;
        let reports = keys.iter().filter(|key| key.ends_with("/report")).count();
        assert_eq!(reports, 1, "one attempt is kept: {keys:?}");
        let ecs = &bed.clients.ecs;
        let left = ecs.list_tasks().cluster("club").desired_status(DesiredStatus::Running).send();
        assert_eq!(left.await.unwrap().task_arns().len(), 0, "after {calls} calls");
    };
    let died = killed_after_each_call(&prepare, &work, &carry_on).await;
    assert!(died >= 16, "{died} deaths");
}

//! Taking snapshots.
use std::fs;

use aws_sdk_ecs::types::DesiredStatus;
use refractory_core::ErrorKind;
use refractory_core::ports::{Observed, Snapshots as _, WorldStorage as _};
use testkit::aws::{FaultProxy, Program};
use testkit::conformance::Contents as _;

use super::{name, noise, restored, taken};
use crate::support;
use crate::support::place::{Place, id};

#[tokio::test]
async fn a_large_volume_is_copied_in_pieces_and_comes_back_as_it_was() {
    let place = Place::made().await;
    let volume = place.volume(&id("a")).await;
    place.write(&id("a"), "a world");
    let picture = noise(300 << 10);
    fs::write(place.folder(&id("a")).join("Data/picture.webp"), &picture).unwrap();
    let snapshots = place.snapshots();
    let taken = taken(&snapshots, 1, &volume).await;
    assert!(taken.size > 300 << 10);
    let pieces = place.keys().await.iter().filter(|key| key.ends_with("/00004")).count();
    assert_eq!(pieces, 1, "five pieces at least");
    fs::remove_dir_all(place.folder(&id("a")).join("Data")).unwrap();
    fs::write(place.folder(&id("a")).join("new"), "x").unwrap();
    restored(&snapshots, 1, &volume).await;
    assert_eq!(fs::read(place.folder(&id("a")).join("Data/picture.webp")).unwrap(), picture);
    let left: Vec<_> = fs::read_dir(place.folder(&id("a")))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["Data"], "what came later is gone, and nothing of the restore is left");
}

#[tokio::test]
async fn what_it_holds_is_known_once_it_was_copied() {
    let place = Place::made().await;
    let volume = place.volume(&id("a")).await;
    place.write(&id("a"), "a world");
    let snapshots = place.snapshots();
    taken(&snapshots, 1, &volume).await;
    let Observed::Ready(seen) = place.storage().observe(&id("a")).await.unwrap() else {
        panic!("ready")
    };
    assert_eq!(seen.usage.map(|usage| (usage.bytes, usage.quota)), Some((7, None)));
}

#[tokio::test]
async fn a_running_table_is_not_copied() {
    let place = Place::made().await;
    let volume = place.volume(&id("a")).await;
    let task = place.start_table(&id("a")).await;
    let refused = place.snapshots().ensure(&name(1), &volume).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(refused.for_people().contains("Stop it"), "{}", refused.for_people());
    place.stop_task(&task).await;
    let snapshots = place.snapshots();
    taken(&snapshots, 1, &volume).await;
}

/// The program's lock is the last word: a task that ECS does not show yet, or one elsewhere, still holds it.
#[tokio::test]
async fn a_volume_on_which_a_program_is_at_work_is_not_copied() {
    let place = Place::made().await;
    let volume = place.volume(&id("a")).await;
    fs::create_dir_all(place.folder(&id("a")).join("Config/options.json.lock")).unwrap();
    let snapshots = place.snapshots();
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
    let place = Place::made().await;
    let volume = place.volume(&id("a")).await;
    let snapshots = place.snapshots();
    place.account.run_as(&place.config.helper_image, &Program::still()).await.unwrap();
    snapshots.ensure(&name(1), &volume).await.unwrap();
    let family = place.naming.errand_family(&id("a"));
    let definition =
        place.clients.ecs.describe_task_definition().task_definition(&family).send().await.unwrap();
    let arn = loop {
        let listed =
            place.clients.ecs.list_tasks().cluster("club").family(&family).send().await.unwrap();
        if let Some(arn) = listed.task_arns().first() {
            break arn.clone();
        }
    };
    let tasks =
        place.clients.ecs.describe_tasks().cluster("club").tasks(&arn).send().await.unwrap();
    for shown in [format!("{definition:?}"), format!("{tasks:?}")] {
        assert!(
            !shown.contains("X-Amz-Signature=") || !shown.contains("http"),
            "an address is shown"
        );
        assert!(!shown.contains("X-Amz-Credential"), "an address is shown");
    }
    place
        .account
        .run_as(&place.config.helper_image, &Program::new("/usr/bin/env", &[]))
        .await
        .unwrap();
    place.stop_task(&arn).await;
    taken(&snapshots, 2, &volume).await;
    let secret = place
        .clients
        .secrets
        .describe_secret()
        .secret_id(place.naming.errand_secret(&id("a")))
        .send()
        .await;
    assert!(secret.is_err() || secret.unwrap().deleted_date().is_some(), "the orders are gone");
}

#[tokio::test]
async fn a_process_that_dies_after_any_call_is_carried_on_by_the_next() {
    let mut died = 0;
    for calls in (1..40).step_by(2) {
        let place = Place::made().await;
        let volume = place.volume(&id("a")).await;
        place.write(&id("a"), "a world");
        let proxy = FaultProxy::start(place.account.address()).await;
        proxy.cut_after(calls);
        let cut_off = support::clients_at(&place.account, &proxy.endpoint());
        // What it signs must lead past the proxy: on AWS, a task does not lose its line with who started it.
        let cut_off = refractory_aws::Clients { s3: place.clients.s3.clone(), ..cut_off };
        let dying = place.snapshots_over(cut_off);
        let whole = loop {
            let (one, volume) = (name(1), volume.clone());
            tokio::select! {
                answer = dying.ensure(&one, &volume) => match answer {
                    Ok(Observed::Ready(_)) => break true,
                    Ok(_) => tokio::time::sleep(std::time::Duration::from_millis(25)).await,
                    Err(error) => assert!(error.is_transient(), "{error:?}"),
                },
                () = proxy.cut() => break false,
            }
        };
        died += usize::from(!whole);
        let snapshots = place.snapshots();
        let taken = taken(&snapshots, 1, &volume).await;
        assert_eq!(snapshots.list(&id("a")).await.unwrap(), vec![taken], "after {calls} calls");
        let keys = place.keys().await;
        assert_eq!(
            keys.iter().filter(|key| key.ends_with("/report")).count(),
            1,
            "one attempt is kept: {keys:?}"
        );
        let left = place
            .clients
            .ecs
            .list_tasks()
            .cluster("club")
            .desired_status(DesiredStatus::Running)
            .send()
            .await;
        assert_eq!(left.unwrap().task_arns().len(), 0);
        if whole {
            break;
        }
    }
    assert!(died >= 6, "{died} deaths");
}

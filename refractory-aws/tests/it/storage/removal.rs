//! Removing a volume: complete, confined, and continued by the next caller.
use std::fs;

use aws_sdk_ecs::types::{DesiredStatus, TaskDefinitionStatus};
use refractory_core::ports::{Observed, VolumeSpec, WorldStorage as _};
use testkit::aws::{FaultProxy, Program, Switches};
use testkit::conformance::Contents as _;

use crate::support;
use crate::support::bed::{Bed, absent, id};

/// Names that a careless script would trip over.
const ODD: [&str; 5] = ["-rf", ".hidden", "a b", "new\nline", "*"];

async fn gone(bed: &Bed, raw: &str) {
    let (storage, id) = (bed.storage(), id(raw));
    absent(|| storage.remove(&id)).await;
}

#[tokio::test]
async fn everything_in_it_goes_and_nothing_beside_it() {
    let bed = Bed::made().await;
    for name in ["a", "b"] {
        bed.volume(&id(name)).await;
        bed.write(&id(name), "a world");
    }
    for name in ODD {
        fs::create_dir_all(bed.folder(&id("a")).join(name)).unwrap();
        fs::write(bed.folder(&id("a")).join(name).join(name), "x").unwrap();
    }
    // A link out of the volume is a link that is removed.
    std::os::unix::fs::symlink(bed.folder(&id("b")), bed.folder(&id("a")).join("link")).unwrap();
    gone(&bed, "a").await;
    assert_eq!(
        fs::read_dir(bed.folder(&id("a"))).unwrap().count(),
        0,
        "an empty folder is all that EFS keeps"
    );
    assert_eq!(bed.read(&id("b")).as_deref(), Some("a world"));
    assert_eq!(bed.storage().list().await.unwrap(), vec![id("b")]);
}

#[tokio::test]
async fn the_task_mounts_that_access_point_and_nothing_else() {
    let bed = Bed::made().await;
    let volume = bed.volume(&id("a")).await;
    // One that does nothing stays, so that it can be looked at.
    bed.account.run_as(&bed.config.helper_image, &Program::idle()).await.unwrap();
    bed.storage().remove(&id("a")).await.unwrap();
    let family = bed.naming.job_family(&id("a"));
    let found =
        bed.clients.ecs.describe_task_definition().task_definition(family).send().await.unwrap();
    let definition = found.task_definition().unwrap();
    let [mounted] = definition.volumes() else { panic!("{:?}", definition.volumes()) };
    let efs = mounted.efs_volume_configuration().unwrap();
    let by = efs.authorization_config().unwrap();
    assert_eq!(by.access_point_id(), Some(volume.handle.as_str()));
    assert_eq!(
        by.iam().map(aws_sdk_ecs::types::EfsAuthorizationConfigIam::as_str),
        Some("ENABLED")
    );
    assert_eq!(
        efs.transit_encryption().map(aws_sdk_ecs::types::EfsTransitEncryption::as_str),
        Some("ENABLED")
    );
    assert!(efs.root_directory().is_none_or(|root| root == "/"), "the access point says where");
    assert_eq!(definition.task_role_arn(), Some(bed.outputs.task_role.as_str()));
    let [container] = definition.container_definitions() else { panic!("one container") };
    let [point] = container.mount_points() else { panic!("one mount") };
    assert_eq!(container.command().last().map(String::as_str), point.container_path());
    assert_eq!(container.image(), Some(bed.config.helper_image.as_str()));
    assert!(container.secrets().is_empty() && container.environment().is_empty());
}

#[tokio::test]
async fn nothing_is_removed_while_the_table_runs() {
    let bed = Bed::made().await;
    bed.volume(&id("a")).await;
    bed.write(&id("a"), "a world");
    let task = bed.start_table(&id("a")).await;
    for _ in 0..3 {
        assert!(matches!(
            bed.storage().remove(&id("a")).await.unwrap(),
            Observed::Pending(Some(_))
        ));
    }
    assert!(matches!(bed.storage().observe(&id("a")).await.unwrap(), Observed::Ready(_)));
    let jobs = bed.clients.ecs.list_tasks().cluster("club").family(bed.naming.job_family(&id("a")));
    assert_eq!(jobs.send().await.unwrap().task_arns().len(), 0);
    assert_eq!(bed.read(&id("a")).as_deref(), Some("a world"));
    bed.stop_task(&task).await;
    gone(&bed, "a").await;
    assert_eq!(bed.read(&id("a")), None);
}

#[tokio::test]
async fn a_volume_that_is_removed_is_not_made_ready_again() {
    let bed = Bed::made().await;
    bed.volume(&id("a")).await;
    bed.account.run_as(&bed.config.helper_image, &Program::idle()).await.unwrap();
    bed.storage().remove(&id("a")).await.unwrap();
    let storage = bed.storage();
    assert!(matches!(
        storage.ensure(&id("a"), &VolumeSpec::default()).await.unwrap(),
        Observed::Broken(_)
    ));
    assert!(matches!(storage.observe(&id("a")).await.unwrap(), Observed::Pending(_)));
}

#[tokio::test]
async fn a_process_that_dies_after_any_call_is_carried_on_by_the_next() {
    let mut died = 0;
    for calls in 1..24 {
        let bed = Bed::made().await;
        bed.volume(&id("a")).await;
        bed.write(&id("a"), "a world");
        let proxy = FaultProxy::start(bed.account.address()).await;
        proxy.cut_after(calls);
        let dying = bed.storage_over(support::clients_at(&bed.account, &proxy.endpoint()));
        let whole = tokio::time::timeout(
            std::time::Duration::from_millis(1500),
            absent_or_cut(&dying, &proxy),
        )
        .await;
        died += usize::from(proxy.is_cut());
        gone(&bed, "a").await;
        assert_eq!(bed.read(&id("a")), None, "after {calls} calls");
        nothing_is_left(&bed).await;
        if whole == Ok(true) {
            break;
        }
    }
    assert!(died >= 8, "{died} deaths");
}

/// Whether it was removed before the line was cut.
async fn absent_or_cut(storage: &refractory_aws::EfsStorage, proxy: &FaultProxy) -> bool {
    loop {
        match storage.remove(&id("a")).await {
            Ok(Observed::Absent) => return true,
            Ok(_) if !proxy.is_cut() => {
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
            _ => return false,
        }
    }
}

async fn nothing_is_left(bed: &Bed) {
    let family = bed.naming.job_family(&id("a"));
    for status in [TaskDefinitionStatus::Active, TaskDefinitionStatus::Inactive] {
        let left = bed
            .clients
            .ecs
            .list_task_definitions()
            .family_prefix(&family)
            .status(status)
            .send()
            .await
            .unwrap();
        assert_eq!(left.task_definition_arns().len(), 0);
    }
    let running = bed
        .clients
        .ecs
        .list_tasks()
        .cluster("club")
        .desired_status(DesiredStatus::Running)
        .send()
        .await
        .unwrap();
    assert_eq!(running.task_arns().len(), 0);
    let points = bed
        .clients
        .efs
        .describe_access_points()
        .file_system_id(&bed.outputs.file_system)
        .send()
        .await
        .unwrap();
    assert_eq!(points.access_points().len(), 0);
}

#[tokio::test]
async fn scenario_11_a_mount_that_fails_is_told_and_not_tried_at_once() {
    let bed = Bed::made().await;
    bed.volume(&id("a")).await;
    bed.account.set(&Switches { broken_starts: 1, ..Switches::default() }).await.unwrap();
    let storage = bed.storage();
    let refused = loop {
        match storage.remove(&id("a")).await {
            Ok(Observed::Pending(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(refused.is_transient());
    assert!(
        refused.for_people().contains("ResourceInitializationError"),
        "{}",
        refused.for_people()
    );
    for _ in 0..20 {
        storage.remove(&id("a")).await.unwrap_err();
    }
    let family = bed.naming.job_family(&id("a"));
    let tried = bed
        .clients
        .ecs
        .list_tasks()
        .cluster("club")
        .family(family)
        .desired_status(DesiredStatus::Stopped);
    assert_eq!(
        tried.send().await.unwrap().task_arns().len(),
        1,
        "one task, however often it is asked"
    );
}

//! What a volume costs to make and to find, and where its limits are.
use std::collections::BTreeSet;

use refractory_core::ErrorKind;
use refractory_core::model::Version;
use refractory_core::ports::{Observed, VolumeSpec, WorldStorage as _};
use testkit::aws::FaultProxy;

use crate::support;
use crate::support::bed::{Bed, id};

/// Storage whose calls are counted.
async fn counted() -> (Bed, FaultProxy, refractory_aws::EfsStorage) {
    let bed = Bed::made().await;
    let proxy = FaultProxy::start(bed.account.address()).await;
    let storage = bed.storage_over(support::clients_at(&bed.account, &proxy.endpoint()));
    (bed, proxy, storage)
}

#[tokio::test]
async fn making_a_volume_is_one_call_and_knowing_its_access_point_none() {
    let (_bed, proxy, storage) = counted().await;
    let made = storage.ensure(&id("a"), &VolumeSpec::default()).await.unwrap();
    let Observed::Ready(volume) = made else { panic!("{made:?}") };
    for _ in 0..3 {
        assert_eq!(
            storage.access_point_of(&id("a")).await.unwrap().as_deref(),
            Some(volume.handle.as_str())
        );
    }
    assert_eq!(proxy.calls().len(), 1);
}

#[tokio::test]
async fn another_process_finds_every_access_point_by_listing_once() {
    let (bed, proxy, storage) = counted().await;
    let ids: Vec<_> = (0..120).map(|n| id(&format!("t{n}"))).collect();
    for id in &ids {
        bed.volume(id).await;
    }
    let mut found = BTreeSet::new();
    for id in &ids {
        found.extend(storage.access_point_of(id).await.unwrap());
    }
    assert_eq!(found.len(), 120);
    assert_eq!(proxy.count("elasticfilesystem", "DescribeAccessPoints"), 2, "two pages, once");
    assert_eq!(storage.access_point_of(&id("nobody")).await.unwrap(), None);
}

#[tokio::test]
async fn another_process_makes_no_second_access_point() {
    let bed = Bed::made().await;
    let first = bed.volume(&id("a")).await;
    assert_eq!(bed.volume(&id("a")).await.handle, first.handle);
    let all = bed
        .clients
        .efs
        .describe_access_points()
        .file_system_id(&bed.outputs.file_system)
        .send()
        .await
        .unwrap();
    assert_eq!(all.access_points().len(), 1);
    let root = all.access_points()[0].root_directory().unwrap();
    assert_eq!(root.path(), Some("/club/a"));
    assert_eq!(root.creation_info().unwrap().permissions, "0750");
}

#[tokio::test]
async fn a_volume_belongs_to_the_user_of_the_image_that_works_on_it_first() {
    let bed = Bed::made().await;
    let rows = [
        ("old", Some(Version::new(12, 343)), 421),
        ("new", Some(Version::new(13, 351)), 1000),
        ("bare", None, 1000),
        // It was made for another, and stays as it is.
        ("old", Some(Version::new(13, 351)), 421),
    ];
    for (table, release, owner) in rows {
        let spec = VolumeSpec::default().with(|spec| spec.release = release);
        let made = bed.storage().ensure(&id(table), &spec).await.unwrap();
        let Observed::Ready(volume) = made else { panic!("{made:?}") };
        let asked = bed.clients.efs.describe_access_points().access_point_id(&volume.handle);
        let found = asked.send().await.unwrap().access_points.unwrap_or_default().remove(0);
        let user = found.posix_user.unwrap();
        let root = found.root_directory.unwrap().creation_info.unwrap();
        assert_eq!(
            [user.uid, user.gid, root.owner_uid, root.owner_gid],
            [owner; 4],
            "{table} {release:?}"
        );
    }
}

#[tokio::test]
async fn volumes_of_another_deployment_are_not_ours() {
    let mut bed = Bed::made().await;
    bed.volume(&id("a")).await;
    bed.config.deployment = "other".to_owned();
    let other = bed.storage();
    assert_eq!(other.list().await.unwrap(), vec![]);
    assert_eq!(other.access_point_of(&id("a")).await.unwrap(), None);
    other.remove(&id("a")).await.unwrap();
    bed.config.deployment = "club".to_owned();
    assert_eq!(bed.storage().list().await.unwrap(), vec![id("a")]);
}

#[tokio::test]
async fn the_limit_of_access_points_is_told_with_what_to_do() {
    let (_bed, proxy, storage) = counted().await;
    let rule = testkit::aws::Rule::on("elasticfilesystem", "CreateAccessPoint");
    proxy.arrange(rule, testkit::aws::Fault::Refused(403, "AccessPointLimitExceeded"));
    let refused = storage.ensure(&id("a"), &VolumeSpec::default()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.is_transient()), (ErrorKind::Exhausted, false));
    assert!(refused.for_people().contains("its own file system"), "{}", refused.for_people());
}

#[tokio::test]
async fn a_quota_is_neither_kept_nor_shown() {
    let bed = Bed::made().await;
    let spec = VolumeSpec::default().with(|spec| spec.quota = Some(1));
    let made = bed.storage().ensure(&id("a"), &spec).await.unwrap();
    assert!(matches!(made, Observed::Ready(volume) if volume.usage.is_none()));
}

#[tokio::test]
async fn a_lost_reply_leaves_one_access_point_that_is_found_again() {
    let (bed, proxy, storage) = counted().await;
    let rule = testkit::aws::Rule::on("elasticfilesystem", "CreateAccessPoint");
    proxy.arrange(rule.first(3), testkit::aws::Fault::ReplyLost);
    let lost = storage.ensure(&id("a"), &VolumeSpec::default()).await;
    assert!(lost.map_or_else(|error| error.is_transient(), |_| true));
    proxy.heal();
    assert!(matches!(
        storage.ensure(&id("a"), &VolumeSpec::default()).await.unwrap(),
        Observed::Ready(_)
    ));
    assert_eq!(bed.storage().list().await.unwrap(), vec![id("a")]);
}

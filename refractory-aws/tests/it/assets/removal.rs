//! Removing a place with all that is in it.
use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use futures_util::StreamExt;
use futures_util::stream;
use refractory_core::config::Span;
use refractory_core::ports::{AssetStore, Observed};
use testkit::aws::{Account, Emulator, FaultProxy, Inventory, inventory};

use crate::support::assets::{Tables, absent};
use crate::support::clients;

/// Puts `count` versions, some of them of deleted objects, and a few unfinished uploads into `bucket`.
async fn fill(account: &Account, bucket: &str, count: usize) {
    let s3 = &clients(account).s3;
    let puts = stream::iter(0..count).map(|index| async move {
        let put =
            s3.put_object().bucket(bucket).key(format!("maps/{}", index % (count / 3).max(1)));
        put.body(ByteStream::from_static(b"x")).send().await.unwrap();
    });
    puts.buffer_unordered(16).collect::<Vec<()>>().await;
    for index in 0..(count / 30).max(1) {
        s3.delete_object().bucket(bucket).key(format!("maps/{index}")).send().await.unwrap();
    }
    for index in 0..3 {
        s3.create_multipart_upload()
            .bucket(bucket)
            .key(format!("big/{index}"))
            .send()
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_versions_go_in_bounded_calls() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let table = tables.add("a").await;
    let bucket = tables.ready(&tables.port(), &table).await.handle;
    fill(&tables.account, &bucket, 3_000).await;
    let proxy = FaultProxy::start(tables.account.address()).await;
    let port = tables.port_at(&proxy.endpoint());
    let mut turns = 0;
    loop {
        let begun = Instant::now();
        let answer = port.remove(&table).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
        turns += 1;
        match answer {
            Observed::Absent => break,
            Observed::Pending(Some(told)) => {
                assert!(told.message.contains("more uploads"), "{told:?}");
            }
            other => panic!("{other:?}"),
        }
        assert!(turns < 50);
    }
    let deletes = proxy.count("s3", "DeleteObjects");
    assert!((4..=7).contains(&deletes), "{deletes} calls for 3 100 versions");
    assert_eq!(inventory(&tables.account).await, Inventory::new());
}

#[tokio::test]
async fn an_upload_that_comes_in_between_is_deleted_with_the_rest() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let table = tables.add("a").await;
    let bucket = tables.ready(&tables.port(), &table).await.handle;
    let proxy = FaultProxy::start(tables.account.address()).await;
    // What an upload in flight looks like from here: the bucket is found empty, and then it is not.
    proxy.arrange(
        testkit::aws::Rule::on("s3", "DeleteBucket").nth(1),
        testkit::aws::Fault::Refused(409, "BucketNotEmpty"),
    );
    let port = tables.port_at(&proxy.endpoint());
    let first = port.remove(&table).await.unwrap();
    assert!(matches!(first, Observed::Pending(Some(_))), "{first:?}");
    fill(&tables.account, &bucket, 3).await;
    absent(&port, &table).await;
    assert_eq!(inventory(&tables.account).await, Inventory::new());
}

#[tokio::test]
async fn the_key_goes_before_the_bucket_and_the_user_goes_last() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let table = tables.add("a").await;
    tables.ready(&tables.port(), &table).await;
    let proxy = FaultProxy::start(tables.account.address()).await;
    absent(&tables.port_at(&proxy.endpoint()), &table).await;
    let order: Vec<String> = proxy
        .calls()
        .into_iter()
        .map(|call| call.operation)
        .filter(|operation| operation.starts_with("Delete"))
        .collect();
    let wanted =
        ["DeleteAccessKey", "DeleteBucket", "DeleteSecret", "DeleteUserPolicy", "DeleteUser"];
    assert_eq!(order, wanted);
}

#[tokio::test]
async fn a_secret_can_be_brought_back_while_its_time_lasts_and_is_used_again() {
    let mut tables = Tables::new(&Emulator::shared().await.account());
    tables.config.recovery = Span(Duration::from_hours(7 * 24));
    let table = tables.add("a").await;
    tables.ready(&tables.port(), &table).await;
    absent(&tables.port(), &table).await;
    let secrets = clients(&tables.account).secrets;
    let name = tables.naming().assets_secret(&table);
    let gone = secrets.describe_secret().secret_id(&name).send().await.unwrap();
    assert!(gone.deleted_date.is_some());
    tables.ready(&tables.port(), &table).await;
    let back = secrets.describe_secret().secret_id(&name).send().await.unwrap();
    assert!(back.deleted_date.is_none());
}

#[tokio::test]
async fn an_empty_bucket_without_versions_goes_as_well() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let table = tables.add("a").await;
    let bucket = tables.ready(&tables.port(), &table).await.handle;
    let s3 = clients(&tables.account).s3;
    let off = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    s3.put_bucket_versioning().bucket(&bucket).versioning_configuration(off).send().await.unwrap();
    fill(&tables.account, &bucket, 5).await;
    absent(&tables.port(), &table).await;
    assert_eq!(inventory(&tables.account).await, Inventory::new());
}

#[tokio::test]
async fn a_place_of_an_earlier_configuration_is_found_and_goes_with_its_table() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let (table, port) = (tables.add("a").await, tables.port());
    tables.ready(&port, &table).await;
    let port = port.on_volume();
    match port.ensure(&table).await.unwrap() {
        Observed::Ready(space) => {
            assert_eq!(space.handle, "", "uploads lie on the volume from now on");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(port.list().await.unwrap(), [table.clone()]);
    absent(&port, &table).await;
    assert_eq!(inventory(&tables.account).await, Inventory::new());
    assert_eq!(
        absent(&port, &tables.add("b").await).await,
        1,
        "what never had one is asked for once"
    );
}

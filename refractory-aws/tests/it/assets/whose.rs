//! Whose a place is, and what it is called.
use refractory_core::ErrorKind;
use refractory_core::ports::AssetStore;
use testkit::aws::{Emulator, FaultProxy};

use crate::support::assets::{Tables, absent, id};
use crate::support::clients;
use crate::support::outputs::make_bucket;

#[tokio::test]
async fn a_bucket_is_called_after_its_owner_and_keeps_its_name() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let ann = tables.add_person(&format!("Ann.{}", tables.account.id())).await;
    let table = tables.add_owned("abcdefghijk2", Some(ann.clone())).await;
    let port = tables.port();
    let bucket = tables.ready(&port, &table).await.handle;
    assert_eq!(bucket, format!("foundry-ann-{}-abcdefghijk2", tables.account.id()));
    tables.change(&table, |row| row.owner = None).await;
    assert_eq!(tables.ready(&port, &table).await.handle, bucket);
    let tagged =
        clients(&tables.account).s3.get_bucket_tagging().bucket(&bucket).send().await.unwrap();
    let tag = |key: &str| {
        tagged.tag_set().iter().find(|tag| tag.key() == key).map(aws_sdk_s3::types::Tag::value)
    };
    assert_eq!(tag("refractory:deployment"), Some("refractory"));
    assert_eq!(tag("refractory:instance"), Some("abcdefghijk2"));
    assert_eq!(tag("refractory:owner"), Some(ann.as_str()));
}

#[tokio::test]
async fn another_accounts_bucket_is_a_conflict_that_says_so() {
    let aws = Emulator::shared().await;
    let (tables, stranger) = (Tables::new(&aws.account()), aws.account());
    let table = tables.add("a").await;
    let name = format!("foundry-t{}-a-a", tables.account.id());
    make_bucket(&clients(&stranger), &name).await;
    refused(&tables, &table, &name).await;
    // And removing the table leaves the stranger's bucket alone.
    absent(&tables.port(), &table).await;
    clients(&stranger).s3.head_bucket().bucket(&name).send().await.unwrap();
}

#[tokio::test]
async fn a_bucket_of_this_account_that_is_not_ours_is_a_conflict_too() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let table = tables.add("a").await;
    let name = format!("foundry-t{}-a-a", tables.account.id());
    let s3 = clients(&tables.account).s3;
    make_bucket(&clients(&tables.account), &name).await;
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"dear");
    s3.put_object().bucket(&name).key("letter").body(body).send().await.unwrap();
    refused(&tables, &table, &name).await;
    absent(&tables.port(), &table).await;
    s3.head_object().bucket(&name).key("letter").send().await.unwrap();
}

async fn refused(tables: &Tables, table: &refractory_core::InstanceId, bucket: &str) {
    let error = tables.port().ensure(table).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Conflict, false), "{error:?}");
    assert!(error.for_people().contains(bucket), "{}", error.for_people());
}

#[tokio::test]
async fn a_user_of_somebody_else_is_a_conflict() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let table = tables.add("a").await;
    let iam = clients(&tables.account).iam;
    iam.create_user().user_name("refractory-assets-a").send().await.unwrap();
    let error = tables.port().ensure(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.for_people().contains("refractory-assets-a"), "{}", error.for_people());
}

#[tokio::test]
async fn two_deployments_of_one_account_know_only_their_own() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let mut other = tables.clone();
    other.config.deployment = "refractory-assets".into();
    let (ours, theirs, odd) =
        (tables.add("a").await, tables.add("b").await, tables.add("o_d.d").await);
    tables.ready(&tables.port(), &ours).await;
    tables.ready(&tables.port(), &odd).await;
    tables.ready(&other.port(), &theirs).await;
    let mut listed = tables.port().list().await.unwrap();
    listed.sort();
    assert_eq!(listed, [ours, odd]);
    assert_eq!(other.port().list().await.unwrap(), [theirs]);
}

#[tokio::test]
async fn a_thousand_places_are_listed_with_one_call() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let iam = clients(&tables.account).iam;
    for index in 0..1_000 {
        let name = tables.naming().assets_user(&id(&format!("t{index}")));
        iam.create_user().user_name(name).send().await.unwrap();
    }
    let proxy = FaultProxy::start(tables.account.address()).await;
    let port = tables.port_at(&proxy.endpoint());
    assert_eq!(port.list().await.unwrap().len(), 1_000);
    assert_eq!(proxy.calls().len(), 1);
}

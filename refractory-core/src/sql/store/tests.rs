#![cfg(feature = "sqlite")]
use sea_orm::ConnectionTrait;

use super::*;
use crate::model::{Event, EventKind, Lease, License};
use crate::ports::Aggregate;
use crate::{EventId, InstanceId, LicenseId, Timestamp};

async fn store() -> (SqlStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/refractory.db", folder.path().display());
    (SqlStore::open(&Secret::new(url), &SqlOptions::default()).await.unwrap(), folder)
}

fn event(id: &str, text: String) -> Record {
    let event = Event::by_system(Timestamp(1), EventKind::Recorded { name: "up".to_owned(), text });
    Event { id: EventId::new(id).unwrap(), ..event }.into_record()
}

async fn pragma(store: &SqlStore, pragma: &str) {
    let statement = format!("PRAGMA {pragma}");
    store.connections.writes.execute_unprepared(&statement).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_exhausted_and_leaves_no_half_written_row() {
    let (store, _folder) = store().await;
    let kept = store.insert(&event("a", "short".to_owned())).await.unwrap();
    pragma(&store, "max_page_count = 1").await;
    let error = store.insert(&event("b", "long ".repeat(100_000))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error:?}");
    assert!(error.for_people().contains("disk of the database is full"), "{error:?}");
    assert_eq!(store.query(&Query::all(Kind::Event)).await.unwrap().records, [kept]);
    pragma(&store, "max_page_count = 100000").await;
    store.insert(&event("b", "long ".repeat(100_000))).await.unwrap();
}

#[tokio::test]
async fn a_database_that_may_only_be_read_says_so_and_is_read() {
    let (store, _folder) = store().await;
    let kept = store.insert(&event("a", "short".to_owned())).await.unwrap();
    pragma(&store, "query_only = ON").await;
    let error = store.save(&kept).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error:?}");
    assert!(error.for_people().contains("is read-only"), "{error:?}");
    assert_eq!(store.query(&Query::all(Kind::Event)).await.unwrap().records, [kept]);
}

#[tokio::test]
async fn readers_cannot_write() {
    let (store, _folder) = store().await;
    let written = store.connections.reads.execute_unprepared("DELETE FROM record").await;
    assert_eq!(told(written.unwrap_err(), "a test").kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_revision_that_cannot_be_counted_conflicts() {
    let (store, _folder) = store().await;
    let kept = store.insert(&event("a", String::new())).await.unwrap();
    for revision in [0, 2, u64::MAX - 1] {
        let error = store.save(&kept.clone().at_revision(revision)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{revision}");
    }
}

fn license(name: &str, holder: Option<&str>) -> Record {
    let lease = holder.map(|holder| Lease {
        license: LicenseId::new("a").unwrap(),
        holder: InstanceId::new(holder).unwrap(),
        fence: 1,
        since: Timestamp(1),
    });
    License {
        id: LicenseId::new("a").unwrap(),
        name: name.to_owned(),
        masked: "AAAA-…".to_owned(),
        fingerprint: "print".to_owned(),
        eula: None,
        lease,
        reserved: None,
        fence: 1,
        added: Timestamp(1),
        revision: 0,
    }
    .into_record()
}

/// What a statement would tell that compares everything the record has beside itself.
async fn claims(store: &SqlStore, id: &str) -> (String, Vec<String>) {
    let kind = Kind::License;
    let model = read::by_id(&store.connections.reads, kind, id).await.unwrap().unwrap();
    (model.claims, read::keys(&store.connections.reads, kind, id).await.unwrap())
}

#[tokio::test]
async fn what_is_compared_is_what_a_record_has() {
    let (store, _folder) = store().await;
    let mut row = store.insert(&license("ours", Some("x"))).await.unwrap();
    for next in [
        license("ours", Some("x")),
        license("ours", None),
        license("theirs", Some("y")),
        license("theirs", Some("x")),
    ] {
        row = store.save(&next.at_revision(row.revision())).await.unwrap();
        let (compared, keys) = claims(&store, "a").await;
        assert_eq!(compared, write::Claims::of(&row).text());
        let mut texts: Vec<_> = row.unique().iter().map(|key| key.text().to_owned()).collect();
        texts.sort();
        assert_eq!(keys, texts);
    }
}

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

fn event(id: &str, text: String) -> Body {
    let event = Event::by_system(Timestamp(1), EventKind::Up, None, text);
    Event { id: EventId::new(id).unwrap(), ..event }.into_body()
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
    assert_eq!(store.list(Kind::Event).await.unwrap(), [kept]);
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
    assert_eq!(store.list(Kind::Event).await.unwrap(), [kept]);
}

#[tokio::test]
async fn readers_cannot_write() {
    let (store, _folder) = store().await;
    let written = store.connections.reads.execute_unprepared("DELETE FROM row").await;
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

fn license(name: &str, holder: Option<&str>) -> Body {
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
    .into_body()
}

/// Whether one statement alone saves `row`.
async fn in_one_statement(store: &SqlStore, row: &Body) -> bool {
    let saved = overwrite(&store.connections.writes, row, Some(keeps_its_texts(row))).await;
    saved.unwrap().is_some()
}

#[tokio::test]
async fn a_row_that_keeps_its_texts_is_saved_in_one_statement_and_no_other_is() {
    let (store, _folder) = store().await;
    let first = store.insert(&license("ours", Some("x"))).await.unwrap();
    assert!(in_one_statement(&store, &first).await, "its texts are the same");
    assert!(!in_one_statement(&store, &first).await, "its revision has moved");
    for (what, other) in [
        ("a text less", license("ours", None)),
        ("another text", license("theirs", Some("x"))),
        ("another holder", license("ours", Some("y"))),
    ] {
        let other = other.at_revision(2);
        assert!(!in_one_statement(&store, &other).await, "{what}");
    }
    let freed = store.save(&license("ours", None).at_revision(2)).await.unwrap();
    assert!(
        !in_one_statement(&store, &license("ours", Some("x")).at_revision(3)).await,
        "a text more"
    );
    assert!(in_one_statement(&store, &freed).await);
    let event = store.insert(&event("a", String::new())).await.unwrap();
    assert!(in_one_statement(&store, &event).await, "it has no texts");
    assert!(!in_one_statement(&store, &event.at_revision(7)).await);
}

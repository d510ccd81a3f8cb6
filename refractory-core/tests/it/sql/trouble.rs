//! Databases that are damaged, full, locked, read-only, or not there.
use std::fs;

use refractory_core::ports::{Collection, Kind, Query, Store, UniqueKey};
use refractory_core::sql::{SqlOptions, SqlStore};
use refractory_core::{Error, ErrorKind, Secret};
use sea_orm::{ConnectionTrait, Database};
use testkit::conformance::sample;
use tokio::time::Duration;

use super::{heads, list, open, place, raw};

async fn refused(url: &str) -> Error {
    let quick = SqlOptions::default().with_patience(Duration::from_millis(300));
    SqlStore::open(&Secret::new(url), &quick).await.unwrap_err()
}

fn assert_says(error: &Error, kind: ErrorKind, words: &str) {
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(error.for_people().contains(words), "{}", error.for_people());
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_named_and_not_made() {
    let (folder, _) = place();
    let inner = folder.path().join("unmounted");
    let error = refused(&format!("sqlite:{}/refractory.db", inner.display())).await;
    assert_says(&error, ErrorKind::Invalid, "doesn't exist. Create it");
    assert!(error.for_people().contains("unmounted"), "{}", error.for_people());
    assert!(!inner.exists());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_as_damaged_and_left_as_it_is() {
    let (folder, url) = place();
    let file = folder.path().join("refractory.db");
    fs::write(&file, "not a database at all, but long enough to be taken for one".repeat(20))
        .unwrap();
    let before = fs::read(&file).unwrap();
    assert_says(&refused(&url).await, ErrorKind::Unexpected, "is damaged. Stop Refractory");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_file_with_a_hole_in_it_is_told_as_damaged() {
    let (folder, url) = place();
    let store = open(&url).await;
    for at in 0..200 {
        Collection::of(&store).insert(&sample::event(&format!("event{at}"))).await.unwrap();
    }
    store.close().await.unwrap();
    let file = folder.path().join("refractory.db");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 4096 * 2048;
    bytes[8192..middle.max(16_384)].fill(0xaa);
    fs::write(&file, bytes).unwrap();
    let error = match SqlStore::open(&Secret::new(&*url), &SqlOptions::default()).await {
        Ok(store) => store.query(&Query::all(Kind::Event)).await.unwrap_err(),
        Err(error) => error,
    };
    assert_says(&error, ErrorKind::Unexpected, "is damaged. Stop Refractory");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named_and_the_others_can_be_loaded() {
    let (_folder, url) = place();
    let store = open(&url).await;
    for name in ["a", "b", "c"] {
        Collection::of(&store).insert(&sample::bare(name, name)).await.unwrap();
    }
    raw(&url, "UPDATE record SET body = '{}' WHERE id = 'b'").await;
    for outcome in [
        store.load(Kind::Instance, "b").await.map(|_| ()),
        store.find(&UniqueKey::slug("b")).await.map(|_| ()),
    ] {
        assert_says(&outcome.unwrap_err(), ErrorKind::Damaged, "instance `b`");
    }
    assert_eq!(list(&store, Kind::Instance).await.len(), 2);
    assert!(store.load(Kind::Instance, "a").await.unwrap().is_some());
    assert_eq!(heads(&store, Kind::Instance).await.len(), 3);
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_unavailable_and_what_is_there_can_be_read() {
    let (_folder, url) = place();
    let quick = SqlOptions::default().with_patience(Duration::from_millis(300));
    let store = SqlStore::open(&Secret::new(&*url), &quick).await.unwrap();
    let row = store.insert(&sample::full(Kind::User)).await.unwrap();
    let holder = Database::connect(&*url).await.unwrap();
    holder.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let error = store.save(&row).await.unwrap_err();
    assert_says(&error, ErrorKind::Unavailable, "busy");
    assert!(error.is_transient());
    assert_eq!(list(&store, Kind::User).await.len(), 1);
    holder.execute_unprepared("ROLLBACK").await.unwrap();
    store.save(&row).await.unwrap();
}

#[tokio::test]
async fn nothing_shows_the_password_of_a_database() {
    let url = "postgres://ada:hunter2@127.0.0.1:9/tables";
    let error = refused(url).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    let shown = format!("{error} {error:?} {}", error.for_people());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("ada@127.0.0.1:9"), "{shown}");
    let store = open("sqlite::memory:").await;
    assert_eq!(format!("{store:?}"), "SqlStore(sqlite::memory:)");
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let (_folder, url) = place();
    let store = open(&url).await;
    store.close().await.unwrap();
    let error = store.query(&Query::all(Kind::User)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

//! Tables of each earlier version, filled, are brought up to date with all that is in them.
use refractory_core::model::Instance;
use refractory_core::ports::{Kind, Store, Table};
use refractory_core::sql::{SqlOptions, SqlStore};
use refractory_core::{ErrorKind, Secret};
use testkit::conformance::sample;

use super::{open, place, raw};

/// What version 1 left in a file: one full row of each kind.
const VERSION_1: &str = include_str!("../../fixtures/sqlite_version_1.sql");

#[tokio::test]
async fn an_empty_database_is_made_ready_and_opening_it_again_changes_nothing() {
    let (folder, url) = place();
    open(&url).await.close().await.unwrap();
    let before = std::fs::read(folder.path().join("refractory.db")).unwrap();
    open(&url).await.close().await.unwrap();
    assert!(before == std::fs::read(folder.path().join("refractory.db")).unwrap());
}

#[tokio::test]
async fn a_filled_database_of_version_1_is_read_whole_and_can_be_written() {
    let (folder, url) = place();
    std::fs::write(folder.path().join("refractory.db"), "").unwrap();
    raw(&url, VERSION_1).await;
    let store = open(&url).await;
    let came_later = [Kind::Deployment, Kind::AdminGuard];
    for kind in came_later {
        assert!(store.list(kind).await.unwrap().is_empty(), "{}", kind.name());
    }
    for kind in Kind::ALL.into_iter().filter(|kind| !came_later.contains(kind)) {
        let rows = store.list(kind).await.unwrap();
        let [row] = &rows[..] else { panic!("{} rows of {}", rows.len(), kind.name()) };
        assert_eq!((row.id(), row.revision()), ("full", 1), "{}", kind.name());
        assert_eq!(row.unique(), sample::full(kind).unique(), "{}", kind.name());
        store.save(row).await.unwrap();
    }
    let instance: Instance = Table::of(&store).load("full").await.unwrap().unwrap();
    let sample = sample::instance("full", "full-table");
    assert_eq!((instance.wish, instance.journal), (sample.wish, sample.journal));
    let clash = Table::of(&store).insert(&sample::bare("other", "full-table")).await;
    assert_eq!(clash.unwrap_err().kind(), ErrorKind::Conflict, "texts are still claimed");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let (_folder, url) = place();
    open(&url).await.close().await.unwrap();
    raw(&url, "INSERT INTO refractory_migration VALUES ('m9999_later')").await;
    let outcome = SqlStore::open(&Secret::new(&*url), &SqlOptions::default()).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.for_people().contains("newer version of Refractory"), "{}", error.for_people());
}

//! The store over SQLite, as one process uses it.
use refractory_core::model::{NewInstance, Slug};
use refractory_core::ports::Table;
use refractory_core::sql::{SqlOptions, SqlStore};
use refractory_core::{ErrorKind, InstanceId, Secret, Timestamp, model::Instance};

fn fresh(slug: &str) -> Instance {
    Instance::new(InstanceId::fresh(), NewInstance::named(Slug::new(slug).unwrap()), Timestamp(7))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let url = Secret::new(format!("sqlite://{}/refractory.db", dir.path().display()));
    let store = SqlStore::open(&url, &SqlOptions::default()).await.unwrap();
    let written = Table::of(&store).insert(&fresh("friday")).await.unwrap();
    let again = SqlStore::open(&url, &SqlOptions::default()).await.unwrap();
    let table = Table::<Instance>::of(&again);
    assert_eq!(table.load(written.id.as_str()).await.unwrap(), Some(written.clone()));
    assert_eq!(table.find("slug:friday").await.unwrap(), Some(written.clone()));
    let taken = table.insert(&fresh("friday")).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    let saved = table
        .save(&Instance { slug: Slug::new("monday").unwrap(), ..written.clone() })
        .await
        .unwrap();
    assert_eq!(table.save(&written).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(table.find("slug:friday").await.unwrap(), None);
    table.delete(&saved).await.unwrap();
    assert_eq!(table.delete(&saved).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_told_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("refractory.db");
    std::fs::write(
        &file,
        "not a database, whatever its name says; long enough for a header".repeat(40),
    )
    .unwrap();
    let before = std::fs::read(&file).unwrap();
    let url = Secret::new(format!("sqlite://{}", file.display()));
    let error = SqlStore::open(&url, &SqlOptions::default()).await.unwrap_err();
    assert!(error.for_people().contains("damaged"), "{error:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

//! The SQL stores.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]
mod administrators;
mod damage;
mod migrations;
mod older;
mod postgres;
mod processes;
mod sqlite;
mod trouble;

use std::collections::BTreeMap;

use refractory_core::Secret;
use refractory_core::ports::{Follower, Kind, Query, Record, Store};
use refractory_core::sql::{SqlOptions, SqlStore};
use tempfile::TempDir;

/// The store at `url`.
async fn open(url: &str) -> SqlStore {
    SqlStore::open(&Secret::new(url), &SqlOptions::default()).await.unwrap()
}

/// A folder for a database, and the URL of the database in it.
fn place() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("refractory.db").display());
    (folder, url)
}

/// Every record of `kind` that can be read.
async fn list(store: &SqlStore, kind: Kind) -> Vec<Record> {
    store.query(&Query::all(kind)).await.unwrap().records
}

/// Ids and revisions of all records of `kind`.
async fn heads(store: &SqlStore, kind: Kind) -> BTreeMap<String, u64> {
    Follower::new(kind).poll(store).await.unwrap().written
}

/// A connection that says what it likes, past the store.
async fn raw(url: &str, sql: &str) {
    use sea_orm::{ConnectionTrait, Database};
    let database = Database::connect(url).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database.close().await.unwrap();
}

//! Helpers of the cases.
use refractory_core::model::Instance;
use refractory_core::ports::{Collection, Follower, Kind, Query, Record, Store};
use refractory_core::{ErrorKind, Result};

use crate::conformance::sample;

/// How `outcome` failed.
pub(super) fn expect_error<T>(outcome: Result<T>, why: &str) -> ErrorKind {
    match outcome {
        Ok(_) => panic!("{why}, and the store said that it went well"),
        Err(error) => error.kind(),
    }
}

/// An instance, written to `store`.
pub(super) async fn written(store: &dyn Store, id: &str, slug: &str) -> Instance {
    Collection::of(store).insert(&sample::bare(id, slug)).await.expect("an insert")
}

/// Every record of `kind`, page by page.
pub(super) async fn list(store: &dyn Store, kind: Kind) -> Vec<Record> {
    all(store, Query::all(kind)).await
}

/// Every record of `query`, page by page.
pub(super) async fn all(store: &dyn Store, query: Query) -> Vec<Record> {
    let (mut all, mut query) = (Vec::new(), query);
    loop {
        let page = store.query(&query).await.expect("a page");
        assert!(page.records.len() <= query.page_size(), "a page of {}", page.records.len());
        all.extend(page.records);
        let Some(next) = page.next else { return all };
        query = query.after(Some(next));
    }
}

/// Ids and revisions of every record of `kind`, in the order of ids.
pub(super) async fn heads(store: &dyn Store, kind: Kind) -> Vec<(String, u64)> {
    let followed = Follower::new(kind).poll(store).await.expect("changes");
    followed.written.into_iter().collect()
}

//! Writers who meet, and calls that are broken off.
use refractory_core::model::{Instance, License};
use refractory_core::ports::{Collection, Kind, Record, Store, UniqueKey};
use refractory_core::{ErrorKind, Result};

use super::support::written;
use crate::conformance::concurrency::{Call, POLLS, poll_then_drop, run_together};
use crate::conformance::sample;

const WRITERS: u64 = 8;
const ROUNDS: u64 = 5;

/// How many of `outcomes` went well; the others must have been told of a conflict.
fn winners<T>(outcomes: &[Result<T>]) -> usize {
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(error.kind(), ErrorKind::Conflict, "what a loser is told: {error:?}");
        assert!(error.is_transient(), "losing a race is worth another try: {error:?}");
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

/// Adds one to a counter of the row, as often as it takes.
async fn count_up(store: &dyn Store) {
    for _ in 0..10_000 {
        let mut row: Instance =
            Collection::of(store).load("a").await.expect("a load").expect("the row");
        tokio::task::yield_now().await;
        row.generation += 1;
        match Collection::of(store).save(&row).await {
            Ok(_) => return,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}"),
        }
        tokio::task::yield_now().await;
    }
    panic!("a writer never got its turn");
}

/// Eight writers of one row, each of whom reads again after losing: every change is there at the end.
pub async fn eight_writers_lose_no_update(store: &dyn Store) {
    let row = written(store, "a", "a").await;
    let writer = || -> Call<'_, ()> {
        Box::pin(async {
            for _ in 0..ROUNDS {
                count_up(store).await;
            }
        })
    };
    run_together((0..WRITERS).map(|_| writer()).collect()).await;
    let stored: Instance = Collection::of(store).load("a").await.expect("a load").expect("the row");
    assert_eq!(stored.generation, row.generation + WRITERS * ROUNDS, "changes");
    assert_eq!(stored.revision, row.revision + WRITERS * ROUNDS, "revisions");
}

async fn save_all(store: &dyn Store, rows: &[License]) -> Vec<Result<License>> {
    let save = |row: &License| -> Call<'_, Result<License>> {
        let row = row.clone();
        Box::pin(async move { Collection::of(store).save(&row).await })
    };
    run_together(rows.iter().map(save).collect()).await
}

/// Of several who take one license at the same time, one has it.
pub async fn one_license_has_one_holder(store: &dyn Store) {
    let free = License { lease: None, ..sample::license("a", "-") };
    let free = Collection::of(store).insert(&free).await.expect("an insert");
    let taken = |holder: &str| License { lease: Some(sample::lease("a", holder)), ..free.clone() };
    let outcomes = save_all(store, &["one", "two", "three", "four"].map(taken)).await;
    assert_eq!(winners(&outcomes), 1, "holders of one license");
    let won = outcomes.into_iter().find_map(Result::ok);
    assert_eq!(Collection::of(store).load("a").await.expect("a load"), won);
}

/// Of several licenses that one instance is given at the same time, it holds one.
pub async fn an_instance_holds_one_license(store: &dyn Store) {
    let mut taken = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let free = License { lease: None, ..sample::license(name, "-") };
        let free = Collection::of(store).insert(&free).await.expect("an insert");
        taken.push(License { lease: Some(sample::lease(name, "one")), ..free });
    }
    assert_eq!(winners(&save_all(store, &taken).await), 1, "licenses of one instance");
    let held = Collection::<License>::of(store).list().await.expect("a list");
    let held: Vec<_> = held.into_iter().filter(|license| license.lease.is_some()).collect();
    assert_eq!(held.len(), 1, "licenses that say they are held");
    let found = Collection::of(store)
        .find(&UniqueKey::stored(Kind::License, "holder:one"))
        .await
        .expect("a search");
    assert_eq!(found.as_ref(), held.first());
}

async fn insert_all(store: &dyn Store, rows: Vec<Instance>) -> Vec<Result<Instance>> {
    let insert = |row: Instance| -> Call<'_, Result<Instance>> {
        Box::pin(async move { Collection::of(store).insert(&row).await })
    };
    run_together(rows.into_iter().map(insert).collect()).await
}

/// Of several rows that claim one slug at the same time, one is added.
pub async fn one_of_many_inserts_of_one_slug_wins(store: &dyn Store) {
    let rows = (0..WRITERS).map(|at| sample::bare(&format!("row{at}"), "friday")).collect();
    let outcomes = insert_all(store, rows).await;
    assert_eq!(winners(&outcomes), 1, "rows with one slug");
    let won: Vec<_> = outcomes.into_iter().filter_map(Result::ok).collect();
    assert_eq!(Collection::<Instance>::of(store).list().await.expect("a list"), won);
}

/// Of several rows that are added under one id at the same time, one is.
pub async fn one_of_many_inserts_of_one_id_wins(store: &dyn Store) {
    let rows = (0..WRITERS).map(|at| sample::bare("a", &format!("table{at}"))).collect();
    let outcomes = insert_all(store, rows).await;
    assert_eq!(winners(&outcomes), 1, "rows with one id");
    let won: Vec<_> = outcomes.into_iter().filter_map(Result::ok).collect();
    assert_eq!(Collection::<Instance>::of(store).list().await.expect("a list"), won);
}

async fn load(store: &dyn Store, id: &str) -> Option<Record> {
    store.load(Kind::Instance, id).await.expect("a load")
}

/// Repeats a call that was broken off and seemed to have had no effect. It may have it late, as a commit
/// that was under way: then the repetition is told so, and the row must be as the call meant it.
async fn repeat<T>(call: impl Future<Output = Result<T>>, late: ErrorKind, polls: usize) {
    if let Err(error) = call.await {
        assert_eq!(error.kind(), late, "repeating after {polls} polls: {error:?}");
    }
}

/// An insert broken off at any moment was made whole or not at all, and can then be made.
pub async fn a_dropped_insert_can_be_repeated(store: &dyn Store) {
    for polls in 1..POLLS {
        let name = format!("row{polls}");
        let row = sample::instance(&name, &name);
        poll_then_drop(Collection::of(store).insert(&row), polls).await;
        let written = load(store, &name).await;
        if written.is_none() {
            repeat(Collection::of(store).insert(&row), ErrorKind::Conflict, polls).await;
        }
        let found = store.find(&UniqueKey::slug(&name)).await.expect("a search");
        assert_eq!(found, load(store, &name).await, "row and text after {polls} polls");
        assert_eq!(found.map(|row| row.revision()), Some(1), "after {polls} polls");
    }
}

/// A save broken off at any moment was made whole or not at all, and can then be made.
pub async fn a_dropped_save_can_be_repeated(store: &dyn Store) {
    let mut row = written(store, "a", "before").await;
    for polls in 1..POLLS {
        let slug = format!("s{polls}");
        let next = Instance { revision: row.revision, ..sample::instance("a", &slug) };
        poll_then_drop(Collection::of(store).save(&next), polls).await;
        let stored: Instance =
            Collection::of(store).load("a").await.expect("a load").expect("the row");
        if stored.revision == row.revision {
            assert_eq!(stored, row, "a row that was half saved, after {polls} polls");
            repeat(Collection::of(store).save(&next), ErrorKind::Conflict, polls).await;
        }
        row = Instance { revision: row.revision + 1, ..next };
        let found = Collection::<Instance>::of(store).find(&UniqueKey::slug(&slug)).await;
        assert_eq!(found.expect("a search").as_ref(), Some(&row), "after {polls} polls");
    }
}

/// A delete broken off at any moment was made whole or not at all, and can then be made.
pub async fn a_dropped_delete_can_be_repeated(store: &dyn Store) {
    for polls in 1..POLLS {
        let row = written(store, "a", "friday").await;
        poll_then_drop(Collection::of(store).delete(&row), polls).await;
        if load(store, "a").await.is_some() {
            repeat(Collection::of(store).delete(&row), ErrorKind::NotFound, polls).await;
        }
        assert_eq!(load(store, "a").await, None, "after {polls} polls");
        let found =
            store.find(&UniqueKey::stored(Kind::Instance, "slug:friday")).await.expect("a search");
        assert_eq!(found, None, "its text, after {polls} polls");
    }
}

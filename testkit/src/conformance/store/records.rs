//! One row at a time: revisions, and what is kept.
use refractory_core::ErrorKind;
use refractory_core::model::{Event, Instance, WorkerMark};
use refractory_core::ports::{Aggregate, Collection, Kind, Record, Store, UniqueKey};

use super::support::{expect_error, heads, list, written};
use crate::conformance::sample;

async fn load(store: &dyn Store, row: &Record) -> Option<Record> {
    store.load(row.kind(), row.id()).await.expect("a load")
}

/// A row is added at revision one, and is there as it was given.
pub async fn inserted_rows_are_at_revision_one(store: &dyn Store) {
    let given = sample::full(Kind::Instance).at_revision(7);
    let back = store.insert(&given).await.expect("an insert");
    assert_eq!(back, given.at_revision(1), "the answer of insert");
    assert_eq!(load(store, &back).await, Some(back), "what load finds");
}

/// An id is given once, and the first row stays as it is.
pub async fn insert_of_a_taken_id_conflicts(store: &dyn Store) {
    let first = store.insert(&sample::event("a").into_record()).await.expect("an insert");
    let second = sample::event_saying("a", "another".to_owned());
    let outcome = store.insert(&second.into_record()).await;
    assert_eq!(expect_error(outcome, "the id was taken"), ErrorKind::Conflict);
    assert_eq!(load(store, &first).await, Some(first), "the first row");
}

/// The same id may be given once in every kind.
pub async fn ids_are_per_kind(store: &dyn Store) {
    for kind in Kind::ALL {
        store.insert(&sample::full(kind)).await.expect("an insert into each kind");
    }
    for kind in Kind::ALL {
        assert_eq!(load(store, &sample::full(kind)).await, Some(sample::full(kind).at_revision(1)));
    }
}

/// What is not there is `None`, and not an error.
pub async fn absent_rows_are_none(store: &dyn Store) {
    written(store, "a", "a").await;
    for kind in Kind::ALL {
        assert_eq!(store.load(kind, "nobody").await.expect("a load"), None);
        assert_eq!(
            store.find(&UniqueKey::stored(kind, "slug:nobody")).await.expect("a search"),
            None
        );
    }
}

/// A save answers the row at the next revision, and that is what is there at once.
pub async fn save_moves_the_revision_by_one(store: &dyn Store) {
    let mut row = written(store, "a", "a").await;
    for revision in 2..5 {
        row.epoch += 1;
        let saved = Collection::of(store).save(&row).await.expect("a save");
        assert_eq!(saved, Instance { revision, ..row.clone() }, "the answer of save");
        let stored = Collection::of(store).load("a").await.expect("a load");
        assert_eq!(stored.as_ref(), Some(&saved), "what load finds");
        row = saved;
    }
}

/// Of two writers who read the same row, the first wins and the second is told.
pub async fn stale_save_conflicts(store: &dyn Store) {
    let read = written(store, "a", "a").await;
    let first = Instance { epoch: 1, ..read.clone() };
    let first = Collection::of(store).save(&first).await.expect("the first save");
    let second = Instance { epoch: 2, ..read };
    let outcome = Collection::of(store).save(&second).await;
    assert_eq!(expect_error(outcome, "the row had moved"), ErrorKind::Conflict);
    assert_eq!(Collection::of(store).load("a").await.expect("a load"), Some(first));
}

/// A revision that was never reached is as wrong as one that has passed.
pub async fn save_of_a_later_revision_conflicts(store: &dyn Store) {
    let read = written(store, "a", "a").await;
    let early = Instance { revision: 2, ..read.clone() };
    let outcome = Collection::of(store).save(&early).await;
    assert_eq!(expect_error(outcome, "nobody had written revision 2"), ErrorKind::Conflict);
    assert_eq!(Collection::of(store).load("a").await.expect("a load"), Some(read));
}

/// A row that was never added cannot be saved.
pub async fn save_does_not_create(store: &dyn Store) {
    for revision in [0, 1] {
        let row = Instance { revision, ..sample::bare("a", "a") };
        let outcome = Collection::of(store).save(&row).await;
        assert_eq!(expect_error(outcome, "there is no such row"), ErrorKind::NotFound);
    }
    assert_eq!(list(store, Kind::Instance).await, Vec::new());
}

/// A row that is gone cannot be saved back.
pub async fn save_does_not_resurrect(store: &dyn Store) {
    let row = written(store, "a", "a").await;
    Collection::of(store).delete(&row).await.expect("a delete");
    let outcome = Collection::of(store).save(&row).await;
    assert_eq!(expect_error(outcome, "the row is gone"), ErrorKind::NotFound);
    assert_eq!(Collection::<Instance>::of(store).load("a").await.expect("a load"), None);
    assert_eq!(
        store.find(&UniqueKey::stored(Kind::Instance, "slug:a")).await.expect("a search"),
        None
    );
}

/// Saving one row leaves the others as they are.
pub async fn save_is_exact(store: &dyn Store) {
    let row = written(store, "a", "a").await;
    let other = written(store, "ab", "ab").await;
    Collection::of(store).save(&Instance { epoch: 1, ..row }).await.expect("a save");
    assert_eq!(Collection::of(store).load("ab").await.expect("a load"), Some(other));
}

/// A deleted row is gone from every view.
pub async fn delete_removes_from_every_view(store: &dyn Store) {
    for kind in Kind::ALL {
        let row = store.insert(&sample::full(kind)).await.expect("an insert");
        store.delete(&row).await.expect("a delete");
        assert_eq!(load(store, &row).await, None, "load");
        for unique in row.unique() {
            assert_eq!(store.find(&unique).await.expect("a search"), None, "find");
        }
        assert_eq!(list(store, kind).await, Vec::new(), "list");
        assert_eq!(heads(store, kind).await, Vec::new(), "heads");
    }
}

/// A row that someone wrote in between is not deleted.
pub async fn delete_of_a_moved_row_conflicts(store: &dyn Store) {
    let read = written(store, "a", "a").await;
    let moved = Collection::of(store).save(&read).await.expect("a save");
    for stale in [read, Instance { revision: 9, ..moved.clone() }] {
        let outcome = Collection::of(store).delete(&stale).await;
        assert_eq!(expect_error(outcome, "the row had moved"), ErrorKind::Conflict);
    }
    assert_eq!(Collection::of(store).load("a").await.expect("a load"), Some(moved));
}

/// A row that is not there cannot be deleted, and a second delete says so.
pub async fn delete_of_an_absent_row_is_not_found(store: &dyn Store) {
    let outcome = Collection::of(store).delete(&sample::bare("b", "b")).await;
    assert_eq!(expect_error(outcome, "there never was such a row"), ErrorKind::NotFound);
    let row = written(store, "a", "a").await;
    Collection::of(store).delete(&row).await.expect("a delete");
    let outcome = Collection::of(store).delete(&row).await;
    assert_eq!(expect_error(outcome, "the row is gone"), ErrorKind::NotFound);
}

/// Deleting one row leaves the others alone.
pub async fn delete_is_exact(store: &dyn Store) {
    let row = written(store, "a", "a").await;
    let other = written(store, "ab", "ab").await;
    let kin = Collection::of(store).insert(&sample::worker("a")).await.expect("an insert");
    Collection::of(store).delete(&row).await.expect("a delete");
    assert_eq!(Collection::of(store).load("ab").await.expect("a load"), Some(other));
    assert_eq!(Collection::<WorkerMark>::of(store).load("a").await.expect("a load"), Some(kin));
}

/// The id of a deleted row can be given again, from revision one.
pub async fn a_deleted_id_is_free_again(store: &dyn Store) {
    let row = written(store, "a", "a").await;
    let row = Collection::of(store).save(&row).await.expect("a save");
    Collection::of(store).delete(&row).await.expect("a delete");
    assert_eq!(written(store, "a", "a").await.revision, 1);
}

/// Rows of every kind come back as they went in, full or bare, and stay so when saved.
pub async fn every_kind_round_trips(store: &dyn Store) {
    for given in Kind::ALL.into_iter().flat_map(|kind| [sample::full(kind), sample::sparse(kind)]) {
        let added = store.insert(&given).await.expect("an insert");
        assert_eq!(load(store, &given).await, Some(given.clone().at_revision(1)));
        store.save(&added).await.expect("a save");
        assert_eq!(load(store, &given).await, Some(given.at_revision(2)));
    }
}

/// An event of a kind that only a newer version knows stays as it was written when it is saved.
pub async fn an_event_of_a_newer_version_survives_a_save(store: &dyn Store) {
    let given = sample::event_of_tomorrow("a");
    let added = Collection::of(store).insert(&given).await.expect("an insert");
    let saved = Collection::of(store).save(&added).await.expect("a save");
    assert_eq!(saved.kind, given.kind, "the answer of save");
    let stored = Collection::<Event>::of(store).load("a").await.expect("a load");
    assert_eq!(stored, Some(Event { revision: 2, ..given }), "what load finds");
}

/// A row may hold a hundred thousand characters, of several bytes each.
pub async fn large_rows_round_trip(store: &dyn Store) {
    let text = "龍\u{301}🐉x".repeat(25_000);
    let event = sample::event_saying("a", text);
    let back = Collection::of(store).insert(&event).await.expect("an insert");
    assert!(back == Event { revision: 1, ..event }, "the answer of insert differs");
    let stored = Collection::<Event>::of(store).load("a").await.expect("a load");
    assert!(stored == Some(back), "what load finds differs");
}

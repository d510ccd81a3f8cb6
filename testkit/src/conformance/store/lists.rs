//! Views of many rows.
use refractory_core::model::Instance;
use refractory_core::ports::{Collection, Kind, Record, Store, UniqueKey};

use super::support::{heads, list, written};
use crate::conformance::sample;

/// In the order of their bytes, which is not the order of any dictionary.
const ORDERED: [&str; 9] = ["-a", "0", "10", "2", "_z", "a-b", "a.b", "a_b", "ab"];

/// Both views are in order of id, whatever the order of writing, byte by byte.
pub async fn lists_are_in_order_of_id(store: &dyn Store) {
    for at in [4, 0, 8, 2, 6, 1, 7, 3, 5] {
        Collection::of(store).insert(&sample::event(ORDERED[at])).await.expect("an insert");
    }
    let listed = list(store, Kind::Event).await;
    assert_eq!(listed.iter().map(Record::id).collect::<Vec<_>>(), ORDERED, "list");
    let heads = heads(store, Kind::Event).await;
    assert_eq!(heads.iter().map(|head| head.0.as_str()).collect::<Vec<_>>(), ORDERED, "heads");
}

/// A view of one kind shows no other kind.
pub async fn lists_are_of_one_kind(store: &dyn Store) {
    for kind in Kind::ALL {
        assert_eq!(list(store, kind).await, Vec::new(), "an empty list");
        store.insert(&sample::full(kind)).await.expect("an insert");
    }
    for kind in Kind::ALL {
        assert_eq!(list(store, kind).await, vec![sample::full(kind).at_revision(1)], "list");
        assert_eq!(heads(store, kind).await.len(), 1, "heads");
    }
}

/// However many rows there are, and however long: none is left out, none is shown twice.
pub async fn lists_are_whole(store: &dyn Store) {
    let text = "x".repeat(5_000);
    for at in 0..250 {
        let event = sample::event_saying(&format!("{at:03}"), text.clone());
        Collection::of(store).insert(&event).await.expect("an insert");
    }
    let expected: Vec<_> = (0..250).map(|at| format!("{at:03}")).collect();
    let listed = list(store, Kind::Event).await;
    assert_eq!(listed.iter().map(Record::id).collect::<Vec<_>>(), expected, "list");
    let heads = heads(store, Kind::Event).await;
    assert_eq!(heads.into_iter().map(|head| head.0).collect::<Vec<_>>(), expected, "heads");
}

/// A list shows each row whole and as it is now.
pub async fn lists_hold_what_load_holds(store: &dyn Store) {
    for kind in Kind::ALL {
        let row = store.insert(&sample::full(kind)).await.expect("an insert");
        store.save(&row).await.expect("a save");
        let row = store.load(kind, row.id()).await.expect("a load");
        assert_eq!(list(store, kind).await, Vec::from_iter(row));
    }
}

/// What is told of changes from the start are the ids and revisions of the list, after every kind of write.
pub async fn changes_equal_the_list(store: &dyn Store) {
    let mut rows = Vec::new();
    for name in ["c", "a", "d", "b"] {
        rows.push(written(store, name, name).await);
    }
    Collection::of(store).delete(&rows[2]).await.expect("a delete");
    for _ in 0..3 {
        let saved = Collection::of(store).save(&rows[1]).await.expect("a save");
        rows[1] = saved;
    }
    let head = |row: &Record| (row.id().to_owned(), row.revision());
    let expected = [("a", 4), ("b", 1), ("c", 1)].map(|(id, at)| (id.to_owned(), at));
    assert_eq!(heads(store, Kind::Instance).await, expected, "heads");
    let listed: Vec<_> = list(store, Kind::Instance).await.iter().map(head).collect();
    assert_eq!(listed, expected, "list");
}

/// Reading moves no revision, and what was read can be saved.
pub async fn reading_changes_nothing(store: &dyn Store) {
    let row = written(store, "a", "friday").await;
    for _ in 0..2 {
        let table = Collection::<Instance>::of(store);
        assert_eq!(table.load("a").await.expect("a load").as_ref(), Some(&row));
        assert_eq!(
            table.find(&UniqueKey::slug("friday")).await.expect("a search").as_ref(),
            Some(&row)
        );
        assert_eq!(table.list().await.expect("a list"), vec![row.clone()]);
        assert_eq!(heads(store, Kind::Instance).await.len(), 1);
    }
    Collection::of(store).save(&row).await.expect("a save of what was read");
}

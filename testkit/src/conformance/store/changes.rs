//! Following what is written.
use std::collections::BTreeMap;

use refractory_core::model::Instance;
use refractory_core::ports::{Change, Collection, Followed, Follower, Kind, Position, Store};

use super::support::written;
use crate::conformance::concurrency::{Call, run_together};
use crate::conformance::sample;

/// Everything that is told after `after`, and where to read on.
async fn read_changes(store: &dyn Store, after: Position, limit: usize) -> (Vec<Change>, Position) {
    let (mut all, mut position) = (Vec::new(), after);
    loop {
        let changes = store.changes(Kind::Instance, position, limit).await.expect("changes");
        assert!(!changes.expired, "nothing was forgotten yet");
        assert!(changes.next >= position, "it goes forward");
        position = changes.next;
        all.extend(changes.changes);
        if !changes.more {
            return (all, position);
        }
    }
}

/// Of each record the last that is told.
fn last(changes: &[Change]) -> BTreeMap<&str, Option<u64>> {
    changes.iter().map(|change| (change.id.as_str(), change.revision)).collect()
}

/// What is written is returned at once, by a read of its kind, and as it is by then.
pub async fn a_change_is_told_once_it_is_written(store: &dyn Store) {
    assert_eq!(read_changes(store, Position::START, 100).await.0, Vec::new());
    let row = written(store, "a", "a").await;
    let (changes, position) = read_changes(store, Position::START, 100).await;
    assert_eq!(last(&changes), BTreeMap::from([("a", Some(1))]));
    let row = Collection::of(store).save(&row).await.expect("a save");
    let (changes, position) = read_changes(store, position, 100).await;
    assert_eq!(last(&changes).get("a"), Some(&Some(2)));
    Collection::of(store).save(&row).await.expect("a save");
    written(store, "b", "b").await;
    Collection::of(store).insert(&sample::event("c")).await.expect("an insert");
    let (changes, _) = read_changes(store, position, 100).await;
    assert_eq!(last(&changes), BTreeMap::from([("a", Some(3)), ("b", Some(1))]));
    let (changes, _) = read_changes(store, Position::START, 100).await;
    assert_eq!(changes.len(), 2, "one change for each record");
}

/// What is written after a position was asked for is told from there.
pub async fn a_position_misses_nothing_that_is_written_later(store: &dyn Store) {
    let position = store.position(Kind::Instance).await.expect("a position");
    written(store, "a", "a").await;
    let (changes, _) = read_changes(store, position, 100).await;
    assert_eq!(last(&changes).get("a"), Some(&Some(1)), "of an empty store");
    let position = store.position(Kind::Instance).await.expect("a position");
    let row = written(store, "b", "b").await;
    Collection::of(store).save(&row).await.expect("a save");
    let (changes, _) = read_changes(store, position, 100).await;
    assert_eq!(last(&changes).get("b"), Some(&Some(2)));
}

/// Changes are told in the order in which they were written.
pub async fn changes_are_told_in_order(store: &dyn Store) {
    let mut rows = Vec::new();
    for name in ["c", "a", "d", "b"] {
        rows.push(written(store, name, name).await);
    }
    Collection::of(store).save(&rows[1]).await.expect("a save");
    let (changes, _) = read_changes(store, Position::START, 100).await;
    let ids: Vec<_> = changes.iter().map(|change| change.id.as_str()).collect();
    assert_eq!(ids, ["c", "d", "b", "a"]);
}

/// However short the pages are, all of it is told.
pub async fn changes_come_in_pages(store: &dyn Store) {
    for at in 0..23 {
        let name = format!("{at:02}");
        written(store, &name, &format!("t{name}")).await;
    }
    for limit in [0, 1, 5, 22, 23, 100] {
        let (changes, _) = read_changes(store, Position::START, limit).await;
        assert_eq!(last(&changes).len(), 23, "pages of {limit}");
    }
    let page = store.changes(Kind::Instance, Position::START, 5).await.expect("changes");
    assert!(page.more && page.changes.len() < 23, "a page is bounded: {}", page.changes.len());
}

/// A deletion is told, and a record of the same id that comes after it.
pub async fn changes_tell_of_deletions(store: &dyn Store) {
    let row = written(store, "a", "a").await;
    written(store, "b", "b").await;
    let mut follower = Follower::new(Kind::Instance);
    assert_eq!(follower.poll(store).await.expect("changes").written.len(), 2);
    Collection::of(store).delete(&row).await.expect("a delete");
    let told = follower.poll(store).await.expect("changes");
    assert!(told.gone.contains("a") && told.written.is_empty(), "{told:?}");
    written(store, "a", "a").await;
    let told = follower.poll(store).await.expect("changes");
    assert_eq!(told.written, BTreeMap::from([("a".to_owned(), 1)]));
    let told = Follower::new(Kind::Instance).poll(store).await.expect("changes");
    assert_eq!(told.written.len(), 2, "{told:?}");
}

/// Reading again tells a follower nothing, and reading is no change.
pub async fn nothing_new_is_told_in_the_end(store: &dyn Store) {
    let mut follower = Follower::new(Kind::Instance);
    let row = written(store, "a", "a").await;
    follower.poll(store).await.expect("changes");
    for _ in 0..3 {
        Collection::<Instance>::of(store).load("a").await.expect("a load");
        assert_eq!(follower.poll(store).await.expect("changes"), Followed::default());
    }
    Collection::of(store).save(&Instance { revision: 9, ..row }).await.expect_err("a lost race");
    assert_eq!(follower.poll(store).await.expect("changes"), Followed::default());
}

/// A reader that reads while eight write gets everything in the end: a write that is stored late is not skipped.
pub async fn no_change_of_writers_at_once_is_missed(store: &dyn Store) {
    const WRITERS: usize = 8;
    let mut follower = Follower::new(Kind::Instance);
    let mut known = BTreeMap::new();
    for round in 0..5 {
        let write = |at: usize| -> Call<'_, ()> {
            Box::pin(async move {
                let name = format!("r{round}-{at}");
                let row = written(store, &name, &name).await;
                Collection::of(store).save(&row).await.expect("a save");
            })
        };
        let mut calls: Vec<_> = (0..WRITERS).map(write).collect();
        let reading = async {
            for _ in 0..4 {
                known.extend(follower.poll(store).await.expect("changes").written);
                tokio::task::yield_now().await;
            }
        };
        calls.push(Box::pin(reading));
        run_together(calls).await;
        known.extend(follower.poll(store).await.expect("changes").written);
        assert_eq!(known.len(), (round + 1) * WRITERS, "records known");
        assert!(known.values().all(|revision| *revision == 2), "{known:?}");
    }
}

//! Indexes, read a page at a time.
use refractory_core::Timestamp;
use refractory_core::model::{Event, Instance, Slug};
use refractory_core::ports::{Collection, Index, Kind, Query, Record, Store};

use super::support::{all, written};
use crate::conformance::sample;

fn ids(records: &[Record]) -> Vec<&str> {
    records.iter().map(Record::id).collect()
}

/// An event at a moment, about an instance.
fn event(id: &str, at: u64, about: &str) -> Event {
    let instance = sample::bare(about, about).named();
    Event { at: Timestamp(at), instance: Some(instance), ..sample::event(id) }
}

async fn add_events(store: &dyn Store, events: &[(&str, u64, &str)]) {
    for (id, at, about) in events {
        Collection::of(store).insert(&event(id, *at, about)).await.expect("an insert");
    }
}

/// Events at ten moments, written in another order than they are in.
const EVENTS: [(&str, u64, &str); 6] = [
    ("c", 30, "one"),
    ("f", 1_000, "one"),
    ("a", 30, "two"),
    ("d", 4, "one"),
    ("b", u64::MAX, "two"),
    ("e", 5, "two"),
];

/// Records come in the order of the index, whatever their ids are; those at the same place in the order of ids.
pub async fn an_index_is_in_its_own_order(store: &dyn Store) {
    add_events(store, &EVENTS).await;
    let found = all(store, Query::index(Index::EventByTime)).await;
    assert_eq!(ids(&found), ["d", "e", "a", "c", "f", "b"]);
    for record in found {
        let loaded = store.load(Kind::Event, record.id()).await.expect("a load");
        assert_eq!(loaded, Some(record), "what a query shows");
    }
}

/// A query shows one partition, and nothing of one whose name begins in the same way.
pub async fn an_index_has_partitions(store: &dyn Store) {
    add_events(store, &EVENTS).await;
    add_events(store, &[("g", 6, "on"), ("h", 6, "one1"), ("i", 6, "one-1")]).await;
    let of = async |about| all(store, Query::partition(Index::EventByInstance, about)).await;
    assert_eq!(ids(&of("one").await), ["d", "c", "f"]);
    assert_eq!(ids(&of("two").await), ["e", "a", "b"]);
    assert_eq!(of("three").await, Vec::new());
}

/// The lower bound counts, the upper one does not.
pub async fn a_query_has_bounds(store: &dyn Store) {
    add_events(store, &EVENTS).await;
    let query = || Query::index(Index::EventByTime);
    let since = all(store, query().since(Timestamp(30))).await;
    assert_eq!(ids(&since), ["a", "c", "f", "b"]);
    let until = all(store, query().until(Timestamp(30))).await;
    assert_eq!(ids(&until), ["d", "e"]);
    let between = query().since(Timestamp(5)).until(Timestamp(1_000));
    assert_eq!(ids(&all(store, between.limit(2)).await), ["e", "a", "c"]);
    let by_id = all(store, Query::all(Kind::Event).from("b").before("e")).await;
    assert_eq!(ids(&by_id), ["b", "c", "d"]);
}

/// The same, backward.
pub async fn last_comes_first_where_asked(store: &dyn Store) {
    add_events(store, &EVENTS).await;
    for limit in [1, 4, 100] {
        let query = Query::index(Index::EventByTime).descending().limit(limit);
        assert_eq!(ids(&all(store, query.clone()).await), ["b", "f", "c", "a", "e", "d"]);
        let bounded = query.since(Timestamp(5)).until(Timestamp(1_000));
        assert_eq!(ids(&all(store, bounded).await), ["c", "a", "e"]);
        let by_id = Query::all(Kind::Event).descending().limit(limit);
        assert_eq!(ids(&all(store, by_id).await), ["f", "e", "d", "c", "b", "a"]);
    }
}

/// A page is as long as was asked for, and the next one goes on after it, whatever is written or deleted in between. The last one
/// says so.
pub async fn a_page_goes_on_where_the_last_one_ended(store: &dyn Store) {
    add_events(store, &EVENTS).await;
    let query = Query::index(Index::EventByTime).limit(2);
    let first = store.query(&query).await.expect("a page");
    assert_eq!(ids(&first.records), ["d", "e"]);
    Collection::<Event>::of(store).delete(&stored(store, "e").await).await.expect("a delete");
    add_events(store, &[("0", 4, "one"), ("bb", 30, "one")]).await;
    let second = query.clone().after(first.next);
    let second = store.query(&second).await.expect("a page");
    assert_eq!(ids(&second.records), ["a", "bb"]);
    let third = store.query(&query.clone().after(second.next)).await.expect("a page");
    assert_eq!(ids(&third.records), ["c", "f"]);
    let last = store.query(&query.after(third.next)).await.expect("a page");
    assert_eq!((ids(&last.records), last.next), (vec!["b"], None));
    let exact = Query::partition(Index::EventByInstance, "two").limit(2);
    assert_eq!(store.query(&exact).await.expect("a page").next, None, "it holds all there are");
}

async fn stored(store: &dyn Store, id: &str) -> Event {
    Collection::of(store).load(id).await.expect("a load").expect("the event")
}

/// An entry comes, moves and goes with the record, and one that is refused moves nothing.
pub async fn indexes_follow_every_write(store: &dyn Store) {
    let table = Collection::<Instance>::of(store);
    let by_owner = |owner: &str| Query::partition(Index::InstanceByOwner, owner);
    let row = written(store, "a", "friday").await;
    assert_eq!(all(store, by_owner("owner")).await, Vec::new());
    let owned = Instance { owner: Some(sample::user("owner").id), ..row.clone() };
    let owned = table.save(&owned).await.expect("a save");
    assert_eq!(ids(&all(store, by_owner("owner")).await), ["a"]);
    let given = Instance { owner: Some(sample::user("other").id), ..owned.clone() };
    table.save(&row).await.expect_err("its revision has passed");
    let given = table.save(&given).await.expect("a save");
    assert_eq!(all(store, by_owner("owner")).await, Vec::new());
    let taken = written(store, "b", "sunday").await;
    let clash = Instance { slug: taken.slug.clone(), owner: None, ..given.clone() };
    table.save(&clash).await.expect_err("its slug is taken");
    let found = all(store, by_owner("other")).await;
    assert_eq!(found, [refractory_core::ports::Aggregate::into_record(given.clone())]);
    let renamed = Instance { slug: Slug::new("zulu").expect("a slug"), ..given };
    let renamed = table.save(&renamed).await.expect("a save");
    let names = || Query::index(Index::InstanceByName);
    assert_eq!(ids(&all(store, names()).await), ["b", "a"]);
    table.delete(&renamed).await.expect("a delete");
    assert_eq!(ids(&all(store, names()).await), ["b"]);
    assert_eq!(all(store, by_owner("other")).await, Vec::new());
}

//! Rows that cannot be read, rows that end by themselves, and rows that do not fit.
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use refractory_aws::{Clients, schema};
use refractory_core::model::{Event, Purpose, Token};
use refractory_core::ports::{
    Collection, DamagedRecord, Follower, Index, Kind, Query, Record, Store, UniqueKey,
};
use refractory_core::{ErrorKind, Timestamp};
use testkit::aws::Emulator;
use testkit::conformance::sample;

use crate::support::clients;
use crate::support::store::{TABLE, fresh};

async fn set(clients: &Clients, id: &str, name: &str, value: AttributeValue) {
    let set = clients
        .dynamodb
        .update_item()
        .table_name(TABLE)
        .key(schema::PARTITION_KEY, S("event".to_owned()))
        .key(schema::SORT_KEY, S(id.to_owned()))
        .update_expression("SET #name = :value")
        .expression_attribute_names("#name", name)
        .expression_attribute_values(":value", value);
    set.send().await.unwrap();
}

async fn raw(clients: &Clients, kind: &str, id: &str) -> HashMap<String, AttributeValue> {
    let get = clients
        .dynamodb
        .get_item()
        .table_name(TABLE)
        .key(schema::PARTITION_KEY, S(kind.to_owned()))
        .key(schema::SORT_KEY, S(id.to_owned()));
    get.send().await.unwrap().item.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_row_is_named_and_hides_no_other() {
    let account = Emulator::shared().await.account();
    let (store, clients) = (fresh(&account).await, clients(&account));
    for name in ["a", "b", "c", "d"] {
        Collection::of(&store).insert(&sample::event(name)).await.unwrap();
    }
    set(&clients, "b", "body", S("{\"event\":".to_owned())).await;
    set(&clients, "d", "fmt", N("3".to_owned())).await;
    let all = store.query(&Query::all(Kind::Event)).await.unwrap();
    let ids = |rows: &[Record]| rows.iter().map(|row| row.id().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&all.records), ["a", "c"]);
    assert_eq!(all.damaged.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["b", "d"]);
    for index in [
        Query::index(Index::EventByTime),
        Query::partition(Index::EventByInstance, "full"),
        Query::partition(Index::EventByActor, "owner"),
    ] {
        assert_eq!(store.query(&index).await.unwrap(), all, "{index:?}");
    }
    for name in ["a", "c"] {
        assert!(Collection::<Event>::of(&store).load(name).await.unwrap().is_some(), "{name}");
    }
    let damaged = store.load(Kind::Event, "b").await.unwrap_err();
    assert_eq!(damaged.kind(), ErrorKind::Damaged);
    assert!(damaged.for_people().contains("The record of the event `b` is damaged"), "{damaged:?}");
    let newer = store.load(Kind::Event, "d").await.unwrap_err();
    assert!(newer.for_people().contains("newer version of Refractory"), "{newer:?}");
    let told = async || {
        let followed = Follower::new(Kind::Event).poll(&store).await.unwrap();
        followed.written.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(told().await, ["a", "b", "c", "d"], "changes of the others are noticed");
    let stale = DamagedRecord { text: "{".to_owned(), ..all.damaged[0].clone() };
    assert_eq!(store.discard(&stale).await.unwrap_err().kind(), ErrorKind::Conflict);
    for record in &all.damaged {
        store.discard(record).await.unwrap();
        assert_eq!(store.discard(record).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert_eq!(told().await, ["a", "c"]);
    let left = store.query(&Query::index(Index::EventByTime)).await.unwrap();
    assert_eq!((ids(&left.records), left.damaged), (ids(&all.records), Vec::new()));
    let whole = DamagedRecord { id: "a".to_owned(), ..all.damaged[0].clone() };
    assert_eq!(store.discard(&whole).await.unwrap_err().kind(), ErrorKind::Conflict, "it is read");
}

/// A key whose license cannot be read stays taken until the record is removed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_row_keeps_its_texts_until_it_is_removed() {
    let account = Emulator::shared().await.account();
    let (store, clients) = (fresh(&account).await, clients(&account));
    let taken = sample::license("a", "friday");
    Collection::of(&store).insert(&taken).await.unwrap();
    let broken = clients
        .dynamodb
        .update_item()
        .table_name(TABLE)
        .key(schema::PARTITION_KEY, S("license".to_owned()))
        .key(schema::SORT_KEY, S("a".to_owned()))
        .update_expression("REMOVE body");
    broken.send().await.unwrap();
    let other = sample::license("b", "friday");
    assert_eq!(
        Collection::of(&store).insert(&other).await.unwrap_err().kind(),
        ErrorKind::Conflict
    );
    let found = store.find(&UniqueKey::holder(&"friday".parse().unwrap())).await.unwrap_err();
    assert_eq!(found.kind(), ErrorKind::Damaged);
    let damaged = store.query(&Query::all(Kind::License)).await.unwrap().damaged;
    assert_eq!(damaged[0].name(), taken.name);
    store.discard(&damaged[0]).await.unwrap();
    Collection::of(&store).insert(&other).await.unwrap();
}

/// Where no one trims, DynamoDB does: a day after the end, in seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_end_by_themselves_and_setup_links_do_not() {
    let account = Emulator::shared().await.account();
    let (store, clients) = (fresh(&account).await, clients(&account));
    let session = sample::token("a", Purpose::Session(sample::user("ada").id));
    let session = Token { until: Timestamp(4_102_444_800_123), ..session };
    let session = Collection::of(&store).insert(&session).await.unwrap();
    let end = |token: &Token| Some(N((token.until.0 / 1000 + 86_400).to_string()));
    assert_eq!(raw(&clients, "token", "a").await.get(schema::TIME_TO_LIVE), end(&session).as_ref());
    let longer =
        Token { until: session.until.after(std::time::Duration::from_hours(1)), ..session };
    let longer = Collection::of(&store).save(&longer).await.unwrap();
    assert_eq!(raw(&clients, "token", "a").await.get(schema::TIME_TO_LIVE), end(&longer).as_ref());
    let place = "index/token-by-expiry/";
    let sort = |token: &Token| format!("{:020}\u{1}a", token.until.0);
    let ends = async |token: &Token| {
        raw(&clients, place, &sort(token)).await.get(schema::TIME_TO_LIVE).cloned()
    };
    assert_eq!(ends(&longer).await, end(&longer), "its places end with it");
    let longer =
        Collection::of(&store).save(&Token { purpose: Purpose::Setup, ..longer }).await.unwrap();
    assert_eq!(raw(&clients, "token", "a").await.get(schema::TIME_TO_LIVE), None);
    assert_eq!(ends(&longer).await, None);
    Collection::of(&store).insert(&sample::event("a")).await.unwrap();
    assert_eq!(raw(&clients, "event", "a").await.get(schema::TIME_TO_LIVE), None);
}

/// What this store lets through, DynamoDB takes, and what it refuses changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_may_have_almost_four_hundred_kilobytes() {
    let account = Emulator::shared().await.account();
    let store = fresh(&account).await;
    let table = Collection::<Event>::of(&store);
    let bare = |text: String| sample::event_saying("a", text);
    // To the last byte that `Content::of` lets through.
    let around = serde_json::to_string(&refractory_core::ports::Aggregate::into_record(Event {
        revision: 1,
        ..bare(String::new())
    }));
    // The places in indexes are remembered beside it.
    let places = [
        "event-by-time/\u{1}00000000000000000019",
        "event-by-instance/full\u{1}00000000000000000019",
        "event-by-actor/owner\u{1}00000000000000000019",
    ];
    let room = 396 * 1024 - around.unwrap().len() - places.concat().len();
    let mut row = table.insert(&bare("x".repeat(room))).await.unwrap();
    for _ in 0..8 {
        row = table.save(&row).await.unwrap();
    }
    let longer = Event { kind: bare("x".repeat(room + 1)).kind, ..row.clone() };
    let error = table.save(&longer).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false), "{error:?}");
    assert_eq!(table.load("a").await.unwrap(), Some(row));
}

/// What DynamoDB deleted by itself leaves its places for a while: they show nothing, and stop no page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_whose_record_is_gone_shows_nothing() {
    let account = Emulator::shared().await.account();
    let (store, clients) = (fresh(&account).await, clients(&account));
    for name in ["a", "b", "c"] {
        Collection::of(&store).insert(&sample::event(name)).await.unwrap();
    }
    let delete = clients
        .dynamodb
        .delete_item()
        .table_name(TABLE)
        .key(schema::PARTITION_KEY, S("event".to_owned()))
        .key(schema::SORT_KEY, S("b".to_owned()));
    delete.send().await.unwrap();
    let query = Query::index(Index::EventByTime).limit(2);
    let first = store.query(&query).await.unwrap();
    assert_eq!(first.records.iter().map(Record::id).collect::<Vec<_>>(), ["a"]);
    let second = store.query(&query.after(first.next)).await.unwrap();
    assert_eq!(second.records.iter().map(Record::id).collect::<Vec<_>>(), ["c"]);
    assert_eq!(second.next, None);
}

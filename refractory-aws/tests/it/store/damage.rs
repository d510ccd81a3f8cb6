//! Rows that cannot be read, rows that end by themselves, and rows that do not fit.
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use refractory_aws::{Clients, schema};
use refractory_core::model::{Event, Purpose, Token};
use refractory_core::ports::{Body, DamagedRecord, Kind, Store, Table};
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
        Table::of(&store).insert(&sample::event(name)).await.unwrap();
    }
    set(&clients, "b", "body", S("{\"event\":".to_owned())).await;
    set(&clients, "d", "fmt", N("2".to_owned())).await;
    let all = store.scan(Kind::Event).await.unwrap();
    let ids = |rows: &[Body]| rows.iter().map(|row| row.id().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&all.rows), ["a", "c"]);
    assert_eq!(ids(&store.list(Kind::Event).await.unwrap()), ["a", "c"]);
    assert_eq!(all.damaged.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["b", "d"]);
    for name in ["a", "c"] {
        assert!(Table::<Event>::of(&store).load(name).await.unwrap().is_some(), "{name}");
    }
    let damaged = store.load(Kind::Event, "b").await.unwrap_err();
    assert_eq!(damaged.kind(), ErrorKind::Damaged);
    assert!(damaged.for_people().contains("The record of the event `b` is damaged"), "{damaged:?}");
    let newer = store.load(Kind::Event, "d").await.unwrap_err();
    assert!(newer.for_people().contains("newer version of Refractory"), "{newer:?}");
    assert_eq!(
        store.heads(Kind::Event).await.unwrap().len(),
        4,
        "changes of the others are noticed"
    );
    let stale = DamagedRecord { text: "{".to_owned(), ..all.damaged[0].clone() };
    assert_eq!(store.discard(&stale).await.unwrap_err().kind(), ErrorKind::Conflict);
    for record in &all.damaged {
        store.discard(record).await.unwrap();
        assert_eq!(store.discard(record).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert_eq!(store.heads(Kind::Event).await.unwrap().len(), 2);
}

/// A key whose licence cannot be read is nobody else's, until somebody removes the record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_row_keeps_its_texts_until_it_is_removed() {
    let account = Emulator::shared().await.account();
    let (store, clients) = (fresh(&account).await, clients(&account));
    let taken = sample::license("a", "friday");
    Table::of(&store).insert(&taken).await.unwrap();
    let broken = clients
        .dynamodb
        .update_item()
        .table_name(TABLE)
        .key(schema::PARTITION_KEY, S("license".to_owned()))
        .key(schema::SORT_KEY, S("a".to_owned()))
        .update_expression("REMOVE body");
    broken.send().await.unwrap();
    let other = sample::license("b", "friday");
    assert_eq!(Table::of(&store).insert(&other).await.unwrap_err().kind(), ErrorKind::Conflict);
    let found = store.find(Kind::License, "holder:friday").await.unwrap_err();
    assert_eq!(found.kind(), ErrorKind::Damaged);
    let damaged = store.scan(Kind::License).await.unwrap().damaged;
    assert_eq!(damaged[0].name(), taken.name);
    store.discard(&damaged[0]).await.unwrap();
    Table::of(&store).insert(&other).await.unwrap();
}

/// Where nobody trims, DynamoDB does: a day after the end, in seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_end_by_themselves_and_setup_links_do_not() {
    let account = Emulator::shared().await.account();
    let (store, clients) = (fresh(&account).await, clients(&account));
    let session = sample::token("a", Purpose::Session(sample::user("ada").id));
    let session = Token { until: Timestamp(4_102_444_800_123), ..session };
    let session = Table::of(&store).insert(&session).await.unwrap();
    let end = |token: &Token| Some(N((token.until.0 / 1000 + 86_400).to_string()));
    assert_eq!(raw(&clients, "token", "a").await.get(schema::TIME_TO_LIVE), end(&session).as_ref());
    let longer =
        Token { until: session.until.after(std::time::Duration::from_hours(1)), ..session };
    let longer = Table::of(&store).save(&longer).await.unwrap();
    assert_eq!(raw(&clients, "token", "a").await.get(schema::TIME_TO_LIVE), end(&longer).as_ref());
    Table::of(&store).save(&Token { purpose: Purpose::Setup, ..longer }).await.unwrap();
    assert_eq!(raw(&clients, "token", "a").await.get(schema::TIME_TO_LIVE), None);
    Table::of(&store).insert(&sample::event("a")).await.unwrap();
    assert_eq!(raw(&clients, "event", "a").await.get(schema::TIME_TO_LIVE), None);
}

/// What this store lets through, DynamoDB takes, and what it refuses changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_may_have_almost_four_hundred_kilobytes() {
    let account = Emulator::shared().await.account();
    let store = fresh(&account).await;
    let table = Table::<Event>::of(&store);
    let bare = |text: String| Event { text, ..sample::event("a") };
    // To the last byte that `Content::of` lets through.
    let around = serde_json::to_string(&refractory_core::ports::Aggregate::into_body(Event {
        revision: 1,
        ..bare(String::new())
    }));
    let room = 396 * 1024 - around.unwrap().len();
    let mut row = table.insert(&bare("x".repeat(room))).await.unwrap();
    for _ in 0..8 {
        row = table.save(&row).await.unwrap();
    }
    let longer = Event { text: "x".repeat(room + 1), ..row.clone() };
    let error = table.save(&longer).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false), "{error:?}");
    assert_eq!(table.load("a").await.unwrap(), Some(row));
}

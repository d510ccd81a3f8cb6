//! A table that the first version wrote, brought up to date.
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, L, M, N, S};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use refractory_aws::{Clients, DynamoStore, schema};
use refractory_core::ErrorKind;
use refractory_core::model::Instance;
use refractory_core::ports::{Collection, Cursor, Follower, Kind, Query, Record, Store, UniqueKey};
use serde_json::Value;
use testkit::aws::{Account, Emulator, FaultProxy};

use crate::support::store::{TABLE, another, make_table};
use crate::support::{clients, hasty_clients_at};

type Item = HashMap<String, AttributeValue>;

/// What the store of the first version wrote: every kind with all fields and with as few as may be, and hundreds of
/// instances, some of them saved, renamed and deleted.
const FIXTURE: &str = include_str!("../../fixtures/first-version.json");

fn value(plain: &Value) -> AttributeValue {
    let (kind, of) = plain.as_object().unwrap().iter().next().unwrap();
    let text = || of.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => S(text()),
        "N" => N(text()),
        "B" => B(Blob::new(hex::decode(text()).unwrap())),
        "L" => L(of.as_array().unwrap().iter().map(value).collect()),
        "M" => M(item(of)),
        other => panic!("{other}"),
    }
}

fn item(plain: &Value) -> Item {
    let all = plain.as_object().unwrap().iter();
    all.map(|(name, plain)| (name.clone(), value(plain))).collect()
}

fn fixture() -> Vec<Item> {
    let all: Vec<Value> = serde_json::from_str(FIXTURE).unwrap();
    all.iter().map(item).collect()
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item[name].as_s().unwrap()
}

fn key(item: &Item) -> (String, String) {
    (text(item, schema::PARTITION_KEY).to_owned(), text(item, schema::SORT_KEY).to_owned())
}

/// The few that stand for the others, with what they claim.
fn few() -> Vec<Item> {
    let is_one = |item: &Item| {
        let names = ["full", "sparse", "i0001", "i0002", "owner1"];
        let sort = text(item, schema::SORT_KEY);
        names.contains(&item.get("row").map_or(sort, |row| row.as_s().unwrap()))
    };
    fixture().into_iter().filter(is_one).collect()
}

/// The records among `items`, as they were written.
fn records(items: &[Item]) -> Vec<Record> {
    let bodies = items.iter().filter(|item| item.contains_key("body"));
    let record = |item: &Item| {
        let record: Record = serde_json::from_str(text(item, "body")).unwrap();
        record.at_revision(item["rev"].as_n().unwrap().parse().unwrap())
    };
    bodies.map(record).collect()
}

async fn put(clients: &Clients, items: &[Item]) {
    let put =
        |item: &Item| clients.dynamodb.put_item().table_name(TABLE).set_item(Some(item.clone()));
    let all = stream::iter(items.iter().map(put)).map(PutItemFluentBuilder::send);
    all.buffer_unordered(16).try_for_each(async |_| Ok(())).await.unwrap();
}

/// Everything in the table, by its key, but for the note of its version.
async fn stored(clients: &Clients) -> BTreeMap<(String, String), Item> {
    let scan = clients.dynamodb.scan().table_name(TABLE).into_paginator().items().send();
    let items: Vec<Item> = scan.try_collect().await.unwrap();
    let all = items.into_iter().map(|item| (key(&item), item));
    all.filter(|((partition, _), _)| partition != "schema").collect()
}

async fn all(store: &DynamoStore, query: Query) -> Vec<Record> {
    let (mut all, mut next): (_, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = store.query(&query.clone().after(next)).await.unwrap();
        all.extend(page.records);
        next = page.next;
        if next.is_none() {
            return all;
        }
    }
}

/// Everything that was in `items` is found in every way there is, and nothing else.
async fn is_whole(account: &Account, items: &[Item]) {
    let store = DynamoStore::open(&clients(account), TABLE).await.unwrap();
    let records = records(items);
    let mut entries: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for record in &records {
        let id = record.id();
        assert_eq!(store.load(record.kind(), id).await.unwrap().as_ref(), Some(record));
        for key in record.unique() {
            assert_eq!(store.find(&key).await.unwrap().as_ref(), Some(record), "{key:?}");
        }
        for entry in record.indexed() {
            let all = entries.entry((entry.index, entry.partition)).or_default();
            assert!(all.insert(id.to_owned()));
        }
    }
    for kind in Kind::ALL {
        let of_kind = || records.iter().filter(|record| record.kind() == kind);
        assert_eq!(all(&store, Query::all(kind)).await.len(), of_kind().count(), "{kind:?}");
        let told = Follower::new(kind).poll(&store).await.unwrap();
        let revisions = of_kind().map(|record| (record.id().to_owned(), record.revision()));
        assert_eq!(told.written, revisions.collect::<BTreeMap<_, _>>(), "{kind:?}");
    }
    for ((index, partition), ids) in entries {
        let found = all(&store, Query::partition(index, &partition)).await;
        assert_eq!(found.len(), ids.len(), "{index:?} {partition}");
        let found: BTreeSet<_> = found.iter().map(|record| record.id().to_owned()).collect();
        assert_eq!(found, ids, "{index:?} {partition}");
    }
}

/// The keys of a table to which this version has written the same records.
async fn as_if_written_now(items: &[Item]) -> BTreeSet<(String, String)> {
    let account = Emulator::shared().await.account();
    make_table(&clients(&account), TABLE).await;
    let store = another(&account);
    let inserts = records(items).into_iter().map(|record| {
        let store = store.clone();
        async move { store.insert(&record).await.map(|_| ()) }
    });
    stream::iter(inserts).buffer_unordered(16).try_collect::<()>().await.unwrap();
    stored(&clients(&account)).await.into_keys().collect()
}

async fn first_version(items: &[Item]) -> Account {
    let account = Emulator::shared().await.account();
    make_table(&clients(&account), TABLE).await;
    put(&clients(&account), items).await;
    account
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_first_version_wrote_is_found_in_every_way() {
    let items = fixture();
    assert_eq!(records(&items).len(), 300 - 6 + 20 + 80, "the fixture is whole");
    let account = first_version(&items).await;
    is_whole(&account, &items).await;
    let once = stored(&clients(&account)).await;
    assert_eq!(once.keys().cloned().collect::<BTreeSet<_>>(), as_if_written_now(&items).await);
    is_whole(&account, &items).await;
    assert_eq!(stored(&clients(&account)).await, once, "there is nothing to be done twice");
    // Each can be written on.
    let store = another(&account);
    for record in records(&few()) {
        let saved = store.save(&record).await.unwrap();
        store.delete(&saved).await.unwrap();
    }
}

/// What is named by nothing that is written in the meantime: the stamps.
fn without_stamps(items: BTreeMap<(String, String), Item>) -> BTreeMap<(String, String), Item> {
    let plain = |mut item: Item| {
        item.remove(schema::INDEX_SORT_KEY);
        item
    };
    items.into_iter().map(|(key, item)| (key, plain(item))).collect()
}

/// A process that is killed leaves a table that the next one brings up to date, wherever it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_may_be_broken_off_at_every_call() {
    let items = few();
    let account = first_version(&items).await;
    let proxy = FaultProxy::start(account.address()).await;
    let through = || hasty_clients_at(&account, &proxy.endpoint(), Duration::from_millis(1_500));
    DynamoStore::open(&through(), TABLE).await.unwrap();
    let whole = without_stamps(stored(&clients(&account)).await);
    let mut calls = 0;
    loop {
        calls += 1;
        let account = first_version(&items).await;
        let proxy = FaultProxy::start(account.address()).await;
        proxy.cut_after(calls);
        let clients_of_it = hasty_clients_at(&account, &proxy.endpoint(), Duration::from_secs(8));
        let is_cut = tokio::select! {
            opened = DynamoStore::open(&clients_of_it, TABLE) => opened.is_err(),
            () = proxy.cut() => true,
        };
        DynamoStore::open(&clients(&account), TABLE).await.unwrap();
        let now = without_stamps(stored(&clients(&account)).await);
        assert_eq!(now, whole, "after {calls} calls");
        if !is_cut {
            break;
        }
    }
    assert!(calls > 40, "{calls}");
    is_whole(&account, &items).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_may_upgrade_at_once() {
    let items = fixture();
    let account = first_version(&items).await;
    let open = || async { DynamoStore::open(&clients(&account), TABLE).await };
    let (one, two, three) = tokio::join!(open(), open(), open());
    for outcome in [one, two, three] {
        outcome.unwrap();
    }
    is_whole(&account, &items).await;
    let keys = stored(&clients(&account)).await.into_keys().collect::<BTreeSet<_>>();
    assert_eq!(keys, as_if_written_now(&items).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_row_stays_and_is_told() {
    let mut items = few();
    let broken = "{\"instance\":".to_owned();
    let is_it = |item: &&mut Item| key(item) == ("instance".to_owned(), "i0001".to_owned());
    let damaged = items.iter_mut().find(is_it).unwrap();
    damaged.insert("body".to_owned(), S(broken.clone()));
    let before = damaged.clone();
    let account = first_version(&items).await;
    for _ in 0..2 {
        let store = DynamoStore::open(&clients(&account), TABLE).await.unwrap();
        let page = store.query(&Query::all(Kind::Instance)).await.unwrap();
        assert_eq!(page.records.len(), 3, "the others are there");
        let [found] = page.damaged.as_slice() else { panic!("{:?}", page.damaged) };
        assert_eq!((found.id.as_str(), &found.text), ("i0001", &broken));
        assert!(!found.reason.contains("newer"), "{}", found.reason);
        let told = Follower::new(Kind::Instance).poll(&store).await.unwrap();
        assert!(told.written.contains_key("i0001"), "{told:?}");
        let key = UniqueKey::slug("table-1");
        assert_eq!(store.find(&key).await.unwrap_err().kind(), ErrorKind::Damaged, "it is taken");
    }
    let mut now = stored(&clients(&account)).await.remove(&key(&before)).unwrap();
    now.insert(schema::INDEX_SORT_KEY.to_owned(), before[schema::INDEX_SORT_KEY].clone());
    assert_eq!(now, before, "only its stamp is new");
    let store = another(&account);
    let page = store.query(&Query::all(Kind::Instance)).await.unwrap();
    store.discard(&page.damaged[0]).await.unwrap();
    assert_eq!(store.find(&UniqueKey::slug("table-1")).await.unwrap(), None);
}

/// What says of which version a table is.
fn version_mark(number: &str) -> Item {
    HashMap::from([
        (schema::PARTITION_KEY.to_owned(), S("schema".to_owned())),
        (schema::SORT_KEY.to_owned(), S("version".to_owned())),
        ("n".to_owned(), N(number.to_owned())),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_of_a_newer_version_is_refused_and_left_alone() {
    let account = first_version(&few()).await;
    put(&clients(&account), &[version_mark("5")]).await;
    let before = stored(&clients(&account)).await;
    let error = DynamoStore::open(&clients(&account), TABLE).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false), "{error:?}");
    assert!(error.for_people().contains("newer version of Refractory"), "{error:?}");
    assert_eq!(stored(&clients(&account)).await, before);
}

/// While a stack is updated, a portal of the first version goes on writing for a minute after the table was upgraded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_first_version_writes_afterwards_is_read_and_put_right_by_the_next_write() {
    let items = few();
    let account = first_version(&items).await;
    let store = DynamoStore::open(&clients(&account), TABLE).await.unwrap();
    let table = Collection::<Instance>::of(&store);
    let row = table.load("i0001").await.unwrap().unwrap();
    // As its save does: places and stamp stay as they are.
    let given = Instance { owner: Some("other".parse().unwrap()), ..row.clone() };
    let body = serde_json::to_string(&Record::Instance(Box::new(given.clone()))).unwrap();
    let set = clients(&account)
        .dynamodb
        .update_item()
        .table_name(TABLE)
        .key(schema::PARTITION_KEY, S("instance".to_owned()))
        .key(schema::SORT_KEY, S("i0001".to_owned()))
        .update_expression("SET fmt = :fmt, body = :body, rev = :rev")
        .expression_attribute_values(":fmt", N("1".to_owned()))
        .expression_attribute_values(":body", S(body))
        .expression_attribute_values(":rev", N((row.revision + 1).to_string()));
    set.send().await.unwrap();
    let by = |owner: &str| Query::partition(refractory_core::ports::Index::InstanceByOwner, owner);
    let read = table.load("i0001").await.unwrap().unwrap();
    assert_eq!(row.owner.as_ref().unwrap().as_str(), "owner1");
    assert_eq!(read, Instance { revision: row.revision + 1, ..given });
    let old = all(&store, by("owner1")).await;
    assert!(old.iter().all(|it| it.id() != "i0001"), "not shown to whom it no longer belongs");
    table.save(&read).await.unwrap();
    let new = all(&store, by("other")).await;
    assert!(new.iter().any(|it| it.id() == "i0001"));
    let license = items.iter().find(|item| key(item) == ("license".to_owned(), "full".to_owned()));
    put(&clients(&account), std::slice::from_ref(license.unwrap())).await;
    let read = store.load(Kind::License, "full").await.unwrap().unwrap();
    let read = store.save(&read).await.unwrap();
    store.delete(&read).await.unwrap();
}

/// Where the second version put no record: it knew none of these indexes.
const SINCE_THE_SECOND: [&str; 4] =
    ["instance-by-viewer/", "instance-by-grantee/", "instance-in-setup/", "instance-by-release/"];

/// The table as the second version left it: without the places that it did not know.
async fn second_version(items: &[Item]) -> Account {
    let account = first_version(items).await;
    DynamoStore::open(&clients(&account), TABLE).await.unwrap();
    let is_newer = |place: &str| SINCE_THE_SECOND.iter().any(|index| place.starts_with(index));
    let dynamodb = clients(&account).dynamodb;
    let mut taken = 0;
    for ((partition, _), mut item) in stored(&clients(&account)).await {
        let place = partition.strip_prefix("index/");
        if place.is_some_and(is_newer) {
            let [pk, sk] = [schema::PARTITION_KEY, schema::SORT_KEY];
            let delete = dynamodb.delete_item().table_name(TABLE);
            let delete = delete.key(pk, item[pk].clone()).key(sk, item[sk].clone());
            delete.send().await.unwrap();
            taken += 1;
        } else if let Some(L(places)) = item.get_mut("idx") {
            places.retain(|place| !is_newer(place.as_s().unwrap()));
            put(&clients(&account), &[item]).await;
        }
    }
    assert!(taken > 0, "there were such places");
    put(&clients(&account), &[version_mark("2")]).await;
    account
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_second_version_wrote_gets_the_places_that_are_new() {
    let items = few();
    let account = second_version(&items).await;
    is_whole(&account, &items).await;
    let once = stored(&clients(&account)).await;
    let keys = once.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys, as_if_written_now(&items).await);
    is_whole(&account, &items).await;
    assert_eq!(stored(&clients(&account)).await, once, "there is nothing to be done twice");
}

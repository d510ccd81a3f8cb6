//! What calls cost, in DynamoDB's units: the figures that `store/mod.rs` states.
use futures_util::{StreamExt, stream};
use refractory_aws::DynamoStore;
use refractory_core::model::{Grants, Instance, License, SetupAccess, WorkerMark};
use refractory_core::ports::{Aggregate, Collection, Commit, Index, Kind, Position, Query, Store};
use testkit::aws::Emulator;
use testkit::conformance::sample;

use crate::support::meter::Meter;
use crate::support::store::{TABLE, make_table};

const ROWS: usize = 1_000;

async fn metered() -> (DynamoStore, Meter) {
    let account = Emulator::shared().await.account();
    let meter = Meter::default();
    let clients = meter.clients(&account);
    make_table(&clients, TABLE).await;
    meter.read();
    (DynamoStore::new(&clients, TABLE), meter)
}

/// An instance under an id of the length that ids have, with all its fields but those that rows rarely have.
fn instance(at: usize) -> Instance {
    Instance {
        id: format!("instance{at:04}").parse().unwrap(),
        setup: SetupAccess::default(),
        grants: Grants::default(),
        worlds: Vec::new(),
        suspected_failure: None,
        ..sample::instance("a", &format!("table-{at}"))
    }
}

async fn crowd(store: &DynamoStore) {
    let added = stream::iter(0..ROWS)
        .map(|at| {
            let store = store.clone();
            async move { Collection::of(&store).insert(&instance(at)).await.unwrap() }
        })
        .buffer_unordered(16);
    assert_eq!(added.count().await, ROWS);
}

/// Polled twice a second by every worker and portal, so its cost must not depend on how many rows there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_for_changes_costs_what_changed() {
    let (store, meter) = metered().await;
    let bytes = serde_json::to_string(&instance(0).into_record()).unwrap().len();
    assert!((1_500..4_000).contains(&bytes), "the sample is as long as rows are: {bytes}");
    let look = async |after, limit| store.changes(Kind::Instance, after, limit).await.unwrap();
    assert_eq!(look(Position::START, 100).await.changes, Vec::new());
    let (nothing, calls) = meter.read();
    assert!(nothing <= 1.0 && calls == 1, "nothing: {nothing} in {calls}");
    crowd(&store).await;
    meter.read();
    let told = look(Position::START, 2 * ROWS).await;
    assert_eq!(told.changes.len(), ROWS);
    let (first, calls) = meter.read();
    assert!((10.0..=15.0).contains(&first) && calls == 1, "{first} units in {calls}");
    // What was written in the last seconds is read again: something earlier may be under way. Once it cannot be, no longer.
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    let told = look(told.next, 2 * ROWS).await;
    let (settling, calls) = meter.read();
    assert!(settling <= first && calls == 1, "{settling} units in {calls}");
    let told = look(told.next, 1_000).await;
    assert_eq!(told.changes, Vec::new());
    let (idle, calls) = meter.read();
    assert!(idle <= 1.0 && calls == 1, "{idle} units in {calls}");
    let row: Instance = Collection::of(&store).load("instance0007").await.unwrap().unwrap();
    Collection::of(&store).save(&row).await.unwrap();
    meter.read();
    let told = look(told.next, 1_000).await;
    assert_eq!(told.changes.len(), 1);
    let (one, calls) = meter.read();
    assert!(one <= 1.0 && calls == 1, "one change: {one} units in {calls}");
    assert_eq!(look(told.next, 1_000).await.changes.len(), 1, "it is told again for a while");
    let (again, calls) = meter.read();
    assert!(again <= 1.0 && calls == 1, "again: {again} units in {calls}");
}

/// What each worker does every few seconds where there is nothing to do: `refractory-aws/src/cost/setup.rs` counts on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_worker_reads_and_writes_few_units() {
    let (store, meter) = metered().await;
    let active = store.query(&Query::index(Index::OperationActive)).await.unwrap();
    assert_eq!(active.records, []);
    let (units, calls) = meter.read();
    assert!(units <= 1.0 && calls == 1, "a look for operations: {units} units in {calls}");
    let mut mark = WorkerMark { unlisted: Vec::new(), ..sample::worker("a") };
    let mut duty = mark.duties.remove(0);
    duty.failure = None;
    mark.duties = vec![duty; 8];
    Collection::of(&store).insert(&mark).await.unwrap();
    meter.read();
    let mark: WorkerMark = Collection::of(&store).load("a").await.unwrap().unwrap();
    Collection::of(&store).save(&mark).await.unwrap();
    let (sign, calls) = meter.read();
    assert!(calls == 2 && sign <= 5.0, "a sign of life: {sign} units in {calls}");
    store.query(&Query::all(Kind::Worker)).await.unwrap();
    let (units, calls) = meter.read();
    assert!(units <= 1.0 && calls == 1, "the workers: {units} units in {calls}");
}

/// A page costs what is on it, and not what there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_costs_what_is_on_it() {
    let (store, meter) = metered().await;
    crowd(&store).await;
    meter.read();
    for (query, most) in [
        (Query::index(Index::InstanceByName).limit(50), 52.0),
        (Query::partition(Index::InstanceByOwner, "owner").limit(50), 52.0),
        (Query::partition(Index::InstanceByOwner, "nobody"), 1.0),
        (Query::all(Kind::Instance).limit(50), 40.0),
    ] {
        let page = store.query(&query).await.unwrap();
        let (units, calls) = meter.read();
        assert!(page.records.len() <= 50, "{query:?}");
        assert!(units <= most && calls <= 2, "{query:?}: {units} units in {calls}");
    }
}

/// A row is saved at every step that a worker takes: one request, the row's own length and one unit for the index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_is_one_request_and_writes_one_item() {
    let (store, meter) = metered().await;
    Collection::of(&store).insert(&instance(1)).await.unwrap();
    let (_, calls) = meter.read();
    assert_eq!(calls, 2, "the first write of a process looks for the latest stamp");
    let row = Collection::of(&store).insert(&instance(0)).await.unwrap();
    let (insert, calls) = meter.read();
    assert!(calls == 1 && insert <= 24.0, "an insert: {insert} units in {calls}");
    let row = Collection::of(&store).save(&row).await.unwrap();
    let (save, calls) = meter.read();
    assert!(calls == 1 && save <= 6.0, "a save: {save} units in {calls}");
    let kept: Instance = Collection::of(&store).load(row.id()).await.unwrap().unwrap();
    let (load, calls) = meter.read();
    assert!(calls == 1 && load <= 1.0, "a load: {load} units in {calls}");
    let renamed = Instance { slug: "sunday".parse().unwrap(), ..kept };
    let row = Collection::of(&store).save(&renamed).await.unwrap();
    let (rename, calls) = meter.read();
    assert!(calls == 2 && rename <= 36.0, "a rename: {rename} units in {calls}");
    Collection::of(&store).delete(&row).await.unwrap();
    let (delete, calls) = meter.read();
    assert!(calls == 1 && delete <= 24.0, "a delete: {delete} units in {calls}");
}

/// A start takes a license, which changes a text: two requests, and no third.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn taking_a_license_is_two_requests() {
    let (store, meter) = metered().await;
    let free = License { lease: None, ..sample::license("a", "-") };
    let free = Collection::of(&store).insert(&free).await.unwrap();
    meter.read();
    let taken = License { lease: Some(sample::lease("a", "one")), ..free };
    Collection::of(&store).save(&taken).await.unwrap();
    let (units, calls) = meter.read();
    assert!(calls == 2 && units <= 6.0, "{units} units in {calls}");
}

/// A change that people see is told in the same commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_with_its_event_is_one_request() {
    let (store, meter) = metered().await;
    let row = Collection::of(&store).insert(&instance(0)).await.unwrap();
    Collection::of(&store).insert(&sample::event("first")).await.unwrap();
    meter.read();
    let commit = Commit::save(&row).event(sample::event("a"));
    store.commit(commit.writes()).await.unwrap();
    let (units, calls) = meter.read();
    assert!(calls == 1 && units <= 20.0, "{units} units in {calls}");
}

//! What calls cost, in DynamoDB's units: the figures that `store/mod.rs` states.
use futures_util::{StreamExt, stream};
use refractory_aws::DynamoStore;
use refractory_core::model::{Instance, License, SetupAccess};
use refractory_core::ports::{Aggregate, Kind, Store, Table};
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
        worlds: Vec::new(),
        doubt: None,
        ..sample::instance("a", &format!("table-{at}"))
    }
}

/// Polled twice a second by every worker and portal, so it must not read whole rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_of_a_thousand_rows_cost_a_dozen_units() {
    let (store, meter) = metered().await;
    let bytes = serde_json::to_string(&instance(0).into_body()).unwrap().len();
    assert!((1_500..4_000).contains(&bytes), "the sample is as long as rows are: {bytes}");
    assert_eq!(store.heads(Kind::Instance).await.unwrap(), Vec::new());
    let (nothing, calls) = meter.read();
    assert!(nothing <= 1.0 && calls == 1, "heads of nothing: {nothing} in {calls}");
    let added = stream::iter(0..ROWS)
        .map(|at| {
            let store = store.clone();
            async move { Table::of(&store).insert(&instance(at)).await.unwrap() }
        })
        .buffer_unordered(16);
    assert_eq!(added.count().await, ROWS);
    meter.read();
    assert_eq!(store.heads(Kind::Instance).await.unwrap().len(), ROWS);
    let (heads, calls) = meter.read();
    assert!((10.0..=13.0).contains(&heads), "heads: {heads} units");
    assert_eq!(calls, 1);
    assert_eq!(store.list(Kind::Instance).await.unwrap().len(), ROWS);
    let (list, pages) = meter.read();
    assert!((400.0..=600.0).contains(&list), "list: {list} units");
    assert!((2..=5).contains(&pages), "a page has a megabyte: {pages}");
}

/// A row is saved at every step that a worker takes: one request, the row's own length and one unit for the index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_is_one_request_and_writes_one_item() {
    let (store, meter) = metered().await;
    let row = Table::of(&store).insert(&instance(0)).await.unwrap();
    let (insert, calls) = meter.read();
    assert!(calls == 1 && insert <= 7.0, "an insert: {insert} units in {calls}");
    let row = Table::of(&store).save(&row).await.unwrap();
    let (save, calls) = meter.read();
    assert!(calls == 1 && save <= 3.0, "a save: {save} units in {calls}");
    let kept: Instance = Table::of(&store).load(row.id()).await.unwrap().unwrap();
    let (load, calls) = meter.read();
    assert!(calls == 1 && load <= 1.0, "a load: {load} units in {calls}");
    let renamed = Instance { slug: "sunday".parse().unwrap(), ..kept };
    let row = Table::of(&store).save(&renamed).await.unwrap();
    let (rename, calls) = meter.read();
    assert!(calls == 2 && rename <= 9.0, "a rename: {rename} units in {calls}");
    Table::of(&store).delete(&row).await.unwrap();
    let (delete, calls) = meter.read();
    assert!(calls == 1 && delete <= 7.0, "a delete: {delete} units in {calls}");
}

/// A start takes a licence, which changes a text: two requests, and no third.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn taking_a_licence_is_two_requests() {
    let (store, meter) = metered().await;
    let free = License { lease: None, ..sample::license("a", "-") };
    let free = Table::of(&store).insert(&free).await.unwrap();
    meter.read();
    let taken = License { lease: Some(sample::lease("a", "one")), ..free };
    Table::of(&store).save(&taken).await.unwrap();
    let (units, calls) = meter.read();
    assert!(calls == 2 && units <= 5.0, "{units} units in {calls}");
}

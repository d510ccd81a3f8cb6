//! Keys for uploads that a user asked to be replaced.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::model::{Operation, OperationKind, OperationState, Role};
use refractory_core::null::NoAssets;
use refractory_core::ports::{Collection, Store};
use refractory_core::{ErrorKind, InstanceId, OperationId, Ports};
use testkit::fault::PowerCut;
use testkit::people::fresh_user;

use super::house::{Goal, House, op, said};

const MINUTE: Duration = Duration::from_mins(1);

/// A house with a table that is on.
async fn open() -> (House, InstanceId) {
    let house = House::quiet(1).await;
    let id = house.table("friday").await;
    house.start(&id).await;
    let mut worker = house.worker();
    assert!(house.reach(&mut worker, &mut PowerCut::default(), &id, Goal::OnAfter(0)).await);
    (house, id)
}

async fn told(house: &House, id: &InstanceId, text: &str) -> usize {
    let events = house.events(Some(id)).await;
    events.iter().filter(|event| said(event).contains(text)).count()
}

async fn state(house: &House, id: &OperationId) -> OperationState {
    house.app.operation(&op(), id).await.unwrap().state()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_replaced_once_and_the_old_one_stays_until_no_launch_has_it() {
    let (house, id) = open().await;
    let first = house.app.rotate_asset_credentials(&op(), &id).await.unwrap();
    house.run(&house.worker(), MINUTE).await;
    let again = house.app.rotate_asset_credentials(&op(), &id).await.unwrap();
    assert_eq!(first.id, again.id, "it is the same request");
    assert_eq!(state(&house, &first.id).await, OperationState::Running, "it is used still");
    house.stop(&id).await;
    // What the worker before had in hand is waited for first.
    house.run(&house.worker(), MINUTE * 4).await;
    assert_eq!(state(&house, &first.id).await, OperationState::Succeeded);
    assert_eq!(house.world.keys_turned(&id), 1);
    assert_eq!(told(&house, &id, "The old uploads key of friday was deleted").await, 1);
    house.app.rotate_asset_credentials(&op(), &id).await.unwrap();
    house.run(&house.worker(), MINUTE * 4).await;
    assert_eq!(house.world.keys_turned(&id), 2, "a new request is another key");
}

#[tokio::test(start_paused = true)]
async fn a_worker_sees_a_replacement_through_by_itself() {
    let (house, id) = open().await;
    house.stop(&id).await;
    house.run(&house.worker(), MINUTE * 2).await;
    let asked = house.app.rotate_asset_credentials(&op(), &id).await.unwrap();
    assert_eq!(asked.state(), OperationState::Waiting);
    house.worker().run_until(tokio::time::sleep(MINUTE * 2)).await;
    assert_eq!(state(&house, &asked.id).await, OperationState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_version_had_begun_goes_on_as_an_operation() {
    let (house, id) = open().await;
    let asked = house.app.now();
    let store: Arc<dyn Store> = Arc::new(house.world.clone());
    let rows = Collection::<refractory_core::model::Instance>::of(store.as_ref());
    let note = |row: &mut refractory_core::model::Instance| {
        row.rekey = Some(asked);
        Ok(true)
    };
    rows.update(id.as_str(), note).await.unwrap();
    house.stop(&id).await;
    house.run(&house.worker(), MINUTE * 4).await;
    assert_eq!(house.get(&id).await.unwrap().rekey, None);
    let page = house.app.operations(&op(), Some(&id), None, 10).await.unwrap();
    let all: Vec<Operation> = page.records;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].kind, OperationKind::RotateAssetCredentials { before: asked });
    assert_eq!(all[0].state(), OperationState::Succeeded);
    assert_eq!(house.world.keys_turned(&id), 1);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_key_it_is_said_and_nothing_is_written_down() {
    let (house, id) = open().await;
    let never_on = house.table("monday").await;
    let error = house.app.rotate_asset_credentials(&op(), &never_on).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Conflict, false));
    assert!(error.for_people().contains("Its first start creates it"), "{}", error.for_people());
    let player = fresh_user(&house.app, "ann", Role::Player).await;
    let error = house.app.rotate_asset_credentials(&player, &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let ports = Ports { assets: Arc::new(NoAssets), ..house.world.ports() };
    let keyless = House::with_ports(&house.world, ports);
    let error = keyless.troubled().rotate_asset_credentials(&op(), &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.for_people().contains("no key is needed"), "{}", error.for_people());
    let page = house.app.operations(&op(), None, None, 10).await.unwrap();
    assert_eq!(page.records, Vec::new());
    assert_eq!(told(&house, &id, "requested a new uploads key").await, 0);
    house.delete(&id).await;
    let error = house.app.rotate_asset_credentials(&op(), &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

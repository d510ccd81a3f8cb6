//! Keys for uploads that somebody asked to be replaced.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::model::Role;
use refractory_core::null::NoAssets;
use refractory_core::{ErrorKind, InstanceId, Ports};
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

#[tokio::test(start_paused = true)]
async fn a_key_is_replaced_once_and_the_old_one_stays_until_no_launch_has_it() {
    let (house, id) = open().await;
    let first = house.app.rotate_key(&op(), &id).await.unwrap();
    house.run(&house.worker(), MINUTE).await;
    let again = house.app.rotate_key(&op(), &id).await.unwrap();
    assert!(first.rekey.is_some() && first.rekey == again.rekey, "it is the same request");
    let worker = house.worker();
    worker.rotate_keys().await.unwrap();
    assert!(house.get(&id).await.unwrap().rekey.is_some(), "the program still has the old one");
    house.stop(&id).await;
    // What the one before had in hand is waited for first.
    house.run(&worker, MINUTE * 2).await;
    worker.rotate_keys().await.unwrap();
    assert_eq!(house.get(&id).await.unwrap().rekey, None);
    assert_eq!(house.world.keys_turned(&id), 1);
    assert_eq!(told(&house, &id, "The old uploads key of friday was deleted").await, 1);
    house.app.rotate_key(&op(), &id).await.unwrap();
    assert_eq!(house.world.keys_turned(&id), 2, "a new request is another key");
}

#[tokio::test(start_paused = true)]
async fn a_worker_sees_a_replacement_through_by_itself() {
    let (house, id) = open().await;
    house.stop(&id).await;
    house.run(&house.worker(), MINUTE * 2).await;
    house.app.rotate_key(&op(), &id).await.unwrap();
    assert!(house.get(&id).await.unwrap().rekey.is_some());
    house.worker().run_until(tokio::time::sleep(MINUTE * 2)).await;
    assert_eq!(house.get(&id).await.unwrap().rekey, None);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_key_it_is_said_and_nothing_is_written_down() {
    let (house, id) = open().await;
    let never_on = house.table("monday").await;
    let error = house.app.rotate_key(&op(), &never_on).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Conflict, false));
    assert!(error.for_people().contains("Its first start creates it"), "{}", error.for_people());
    let player = fresh_user(&house.app, "ann", Role::Player).await;
    let error = house.app.rotate_key(&player, &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let ports = Ports { assets: Arc::new(NoAssets), ..house.world.ports() };
    let keyless = House::with_ports(&house.world, ports);
    let error = keyless.troubled().rotate_key(&op(), &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.for_people().contains("no key is needed"), "{}", error.for_people());
    assert_eq!(house.get(&id).await.unwrap().rekey, None);
    assert_eq!(told(&house, &id, "requested a new uploads key").await, 0);
    house.delete(&id).await;
    let error = house.app.rotate_key(&op(), &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

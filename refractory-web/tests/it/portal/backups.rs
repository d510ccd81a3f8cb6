//! Backups through the page of a table and through the API.
use std::time::Duration;

use refractory_core::model::{OperationState, Phase, Principal, Role};
use refractory_core::{InstanceId, OperationId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::conformance::Contents as _;
use testkit::world::World;

use super::api::program;
use super::support::{Browser, Place, SharedStore};

/// A portal with a table that is off and has data.
async fn stocked() -> (Place, World, Browser, InstanceId) {
    let world = World::default();
    let (disks, copies) = (world.clone(), world.clone());
    let unplayed = ([127, 0, 0, 1], 9).into();
    let place = Place::built(
        unplayed,
        SharedStore::default(),
        |_| (),
        |builder| builder.storage(disks).snapshots(copies),
    );
    let mut anna = place.signed_in("anna", Role::Admin).await;
    anna.submit_and_follow("/tables/new", "/tables", &[("title", "Friday")]).await;
    let op = Principal::operator();
    let id = place.refractory.find(&op, "friday").await.unwrap().id;
    place.refractory.start(&op, &id).await.unwrap();
    let has_data = |row: &refractory_core::model::Instance| {
        row.journal.held(refractory_core::model::Step::Volume).is_some()
    };
    place.refractory.wait(&op, &id, has_data).await.unwrap();
    place.refractory.stop(&op, &id, refractory_core::model::Urgency::Now).await.unwrap();
    place.refractory.wait(&op, &id, |row| row.phase() == Phase::Off).await.unwrap();
    world.write(&id, "a world");
    (place, world, anna, id)
}

async fn ended(place: &Place, id: &str) -> OperationState {
    let id = OperationId::new(id).unwrap();
    for _ in 0..500 {
        let operation = place.refractory.operation(&Principal::operator(), &id).await.unwrap();
        if !operation.is_active() {
            return operation.state();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never ended");
}

/// The newest operation, ended.
async fn last_ended(place: &Place, of: &InstanceId) -> OperationState {
    let op = Principal::operator();
    let all = place.refractory.operations(&op, Some(of), None, 1).await.unwrap();
    ended(place, all.records[0].id.as_str()).await
}

#[tokio::test]
async fn a_table_is_backed_up_and_restored_on_its_page() {
    let (place, world, mut anna, id) = stocked().await;
    let page = anna.get("/tables/friday").await;
    assert!(page.text.contains("No backups yet") && page.text.contains("Back up now"));
    let page = anna.submit_and_follow("/tables/friday", "/tables/friday/backups", &[]).await;
    assert!(page.text.contains("A backup of Friday is being created."), "{}", page.text);
    assert_eq!(last_ended(&place, &id).await, OperationState::Succeeded);
    let backups = place.refractory.backups(&Principal::operator(), &id, None, 9).await.unwrap();
    let backup = backups.records[0].id.to_string();
    world.write(&id, "spoiled");
    let at = |verb: &str| format!("/tables/friday/backups/{backup}/{verb}");
    let wrong =
        anna.submit_and_follow("/tables/friday", &at("restore"), &[("typed", "monday")]).await;
    assert!(wrong.text.contains("type its name: `friday`"), "{}", wrong.text);
    assert_eq!(world.read(&id).as_deref(), Some("spoiled"));
    anna.submit_and_follow("/tables/friday", &at("restore"), &[("typed", "friday")]).await;
    assert_eq!(last_ended(&place, &id).await, OperationState::Succeeded);
    assert_eq!(world.read(&id).as_deref(), Some("a world"));
    anna.submit_and_follow("/tables/friday", &at("verify"), &[]).await;
    assert_eq!(last_ended(&place, &id).await, OperationState::Succeeded);
    let part = anna.get("/tables/friday/backups").await;
    assert!(part.text.contains("Intact") && !part.text.contains("<html"), "{}", part.text);
    anna.submit_and_follow("/tables/friday", &at("delete"), &[]).await;
    assert_eq!(last_ended(&place, &id).await, OperationState::Succeeded);
    let page = anna.get("/tables/friday").await;
    assert!(page.text.contains("No backups yet"), "{}", page.text);
    let settings = anna.get("/tables/friday/settings").await;
    assert!(settings.text.contains("Its backups are kept for 90 days"), "{}", settings.text);
}

#[tokio::test]
async fn who_does_not_manage_a_table_neither_sees_nor_makes_its_backups() {
    let (place, _, mut anna, id) = stocked().await;
    anna.submit_and_follow("/tables/friday", "/tables/friday/backups", &[]).await;
    assert_eq!(last_ended(&place, &id).await, OperationState::Succeeded);
    let mut bert = place.signed_in("bert", Role::GameMaster).await;
    let page = bert.get("/tables/friday").await;
    assert!(!page.text.contains("Backups"), "{}", page.text);
    assert_eq!(bert.get("/tables/friday/backups").await.status, StatusCode::NOT_FOUND);
    let mut carl = program(&place, "carl", Role::GameMaster).await;
    for (method, path) in [
        (Method::GET, "/api/v1/instances/friday/backups"),
        (Method::POST, "/api/v1/instances/friday/backups"),
        (Method::GET, "/api/v1/instances/friday/operations"),
        (Method::GET, "/api/v1/backups"),
        (Method::GET, "/api/v1/operations"),
    ] {
        let body = (method == Method::POST).then(|| json!({}));
        let answer = carl.json(method, path, body).await;
        let refused = [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
        assert!(refused.contains(&answer.status), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn programs_back_up_and_follow_the_operation() {
    let (place, world, _, id) = stocked().await;
    let mut anna = program(&place, "prog", Role::Admin).await;
    let path = "/api/v1/instances/friday/backups";
    let asked = anna.json(Method::POST, path, Some(json!({}))).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.text);
    let operation = asked.json();
    assert_eq!(
        (&operation["kind"], &operation["name"]),
        (&json!("create-backup"), &json!("friday"))
    );
    let asked_id = operation["id"].as_str().unwrap().to_owned();
    assert_eq!(ended(&place, &asked_id).await, OperationState::Succeeded);
    let shown =
        anna.json(Method::GET, &format!("/api/v1/operations/{asked_id}"), None).await.json();
    assert_eq!((&shown["state"], &shown["cancelable"]), (&json!("succeeded"), &json!(false)));
    assert_eq!(shown["steps"].as_array().unwrap().len(), 2, "{shown}");
    let again = anna.json(Method::POST, path, Some(json!({ "stop": true }))).await.json();
    ended(&place, again["id"].as_str().unwrap()).await;
    let first = anna.json(Method::GET, &format!("{path}?limit=1"), None).await.json();
    assert_eq!(first["backups"].as_array().unwrap().len(), 1);
    let next = first["next"].as_str().unwrap();
    let second =
        anna.json(Method::GET, &format!("{path}?limit=1&cursor={next}"), None).await.json();
    assert_ne!(first["backups"], second["backups"]);
    assert_eq!(second["next"], Value::Null);
    let backup = second["backups"][0]["id"].as_str().unwrap().to_owned();
    let at = |verb: &str| format!("/api/v1/backups/{backup}{verb}");
    let unsure = anna.json(Method::POST, &at("/restore"), Some(json!({ "confirm": "no" }))).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unsure.text);
    world.write(&id, "spoiled");
    let restore = json!({ "into": "friday", "confirm": "friday" });
    let asked = anna.json(Method::POST, &at("/restore"), Some(restore)).await;
    assert_eq!(
        ended(&place, asked.json()["id"].as_str().unwrap()).await,
        OperationState::Succeeded
    );
    assert_eq!(world.read(&id).as_deref(), Some("a world"));
    let asked = anna.json(Method::POST, &at("/verify"), None).await;
    assert_eq!(
        ended(&place, asked.json()["id"].as_str().unwrap()).await,
        OperationState::Succeeded
    );
    assert_eq!(anna.json(Method::GET, &at(""), None).await.json()["intact"], true);
    let cancel = format!("/api/v1/operations/{asked_id}/cancel");
    assert_eq!(anna.json(Method::POST, &cancel, None).await.status, StatusCode::CONFLICT);
    let gone = anna.json(Method::DELETE, &at(""), None).await;
    assert_eq!(ended(&place, gone.json()["id"].as_str().unwrap()).await, OperationState::Succeeded);
    assert_eq!(anna.json(Method::GET, &at(""), None).await.status, StatusCode::NOT_FOUND);
    let bad = anna.json(Method::GET, "/api/v1/operations?cursor=zz", None).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", bad.text);
}

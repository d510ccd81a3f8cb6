//! Backups through the page of a table and through the API.
use std::collections::BTreeSet;
use std::time::Duration;

use refractory_core::model::{GrantsChange, OperationState, Phase, Principal, Right, Role, Scope};
use refractory_core::{Change, InstanceId, OperationId};
use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::conformance::Contents as _;
use testkit::world::World;

use super::api::program;
use super::support::{Browser, Place, SharedStore};
use super::tokens::{minted, with};

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
    assert!(part.text.contains("intact") && !part.text.contains("<html"), "{}", part.text);
    anna.submit_and_follow("/tables/friday", &at("delete"), &[]).await;
    assert_eq!(last_ended(&place, &id).await, OperationState::Succeeded);
    let page = anna.get("/tables/friday").await;
    assert!(page.text.contains("No backups yet"), "{}", page.text);
    let settings = anna.get("/tables/friday/settings").await;
    assert!(settings.text.contains("Its backups are kept for 90 days"), "{}", settings.text);
}

#[tokio::test]
async fn a_second_backup_is_refused_with_the_operation_that_runs() {
    let (place, world, mut anna, _) = stocked().await;
    world.configure(|knobs| knobs.copy_polls = 1_000_000);
    let mut program = program(&place, "prog", Role::Admin).await;
    let path = "/api/v1/instances/friday/backups";
    let first = program.json(Method::POST, path, Some(json!({}))).await.json();
    let refused = program.json(Method::POST, path, Some(json!({}))).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    let problem = refused.json();
    assert_eq!(problem["code"], "operation-in-progress");
    assert_eq!(problem["operation"]["id"], first["id"], "{problem}");
    let at = problem["operation"]["href"].as_str().unwrap().to_owned();
    let shown = program.json(Method::GET, &at, None).await;
    assert_eq!((shown.status, &shown.json()["id"]), (StatusCode::OK, &first["id"]));
    // The page is answered once something has changed: here, that the backup has ended.
    let page = anna.get("/tables/friday").await.text;
    let follow = page.split("data-following=\"").nth(1).unwrap().split('"').next().unwrap();
    let follow = follow.replace("&amp;", "&");
    assert!(follow.contains("?operation=") && follow.contains("&revision="), "{follow}");
    let cancel = program.json(Method::POST, &format!("{at}/cancel"), Some(json!({}))).await;
    assert_eq!(cancel.status, StatusCode::ACCEPTED, "{}", cancel.text);
    let part = anna.get(&follow).await;
    assert_eq!(part.status, StatusCode::OK);
    assert!(!part.text.contains(&follow.replace('&', "&amp;")), "{}", part.text);
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
    let location = asked.headers[LOCATION].to_str().unwrap();
    assert_eq!(anna.get(location).await.json()["id"], operation["id"]);
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
    let listed =
        super::contract::all_pages(&mut anna, &format!("{path}?limit=1"), async |_| ()).await;
    let [second, first] = &listed[..] else { panic!("{listed:?}") };
    assert_ne!(first["id"], second["id"], "newest first");
    let backup = first["id"].as_str().unwrap().to_owned();
    let all = "/api/v1/instances/friday/operations?limit=1";
    assert_eq!(super::contract::all_pages(&mut anna, all, async |_| ()).await.len(), 2);
    let at = |verb: &str| format!("/api/v1/backups/{backup}{verb}");
    let unsure = anna.json(Method::POST, &at("/restore"), Some(json!({ "confirm": "no" }))).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unsure.text);
    assert_eq!(unsure.json()["errors"][0]["pointer"], "/confirm", "{}", unsure.text);
    let nowhere = json!({ "into": "nowhere", "confirm": "nowhere" });
    let nowhere = anna.json(Method::POST, &at("/restore"), Some(nowhere)).await;
    assert_eq!(nowhere.json()["errors"][0]["pointer"], "/into", "{}", nowhere.text);
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
}

#[tokio::test]
async fn parameters_and_ids_that_nothing_has_are_refused() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    for (path, status) in [
        ("/api/v1/operations?after=zz", StatusCode::BAD_REQUEST),
        ("/api/v1/operations?cursor=00", StatusCode::BAD_REQUEST),
        ("/api/v1/backups?limit=0", StatusCode::BAD_REQUEST),
        ("/api/v1/backups/no%20id", StatusCode::NOT_FOUND),
        ("/api/v1/operations/no%20id", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(anna.get(path).await.status, status, "{path}");
    }
}

/// What one may not see is told as what is not there, by an id as well; and a token that only reads reads, and does no more.
#[tokio::test]
async fn backups_and_operations_of_a_table_one_may_not_see_are_not_there() {
    let (place, _, mut anna, id) = stocked().await;
    anna.submit_and_follow("/tables/friday", "/tables/friday/backups", &[]).await;
    assert_eq!(last_ended(&place, &id).await, OperationState::Succeeded);
    let op = Principal::operator();
    let backup = place.refractory.backups(&op, &id, None, 1).await.unwrap().records.remove(0);
    let operation =
        place.refractory.operations(&op, Some(&id), None, 1).await.unwrap().records.remove(0);
    let hide = Right::ALL
        .into_iter()
        .fold(GrantsChange::default(), |change, right| change.granting(right, BTreeSet::new()));
    let hide = Change { grants: hide, ..Change::default() };
    place.refractory.change(&op, &id, hide).await.unwrap();
    let mut carl = program(&place, "carl", Role::GameMaster).await;
    let restore = json!({ "into": "friday", "confirm": "friday" });
    for (method, path, there, body) in [
        (Method::GET, "/backups/ID", backup.id.as_str(), None),
        (Method::DELETE, "/backups/ID", backup.id.as_str(), None),
        (Method::POST, "/backups/ID/verify", backup.id.as_str(), None),
        (Method::POST, "/backups/ID/restore", backup.id.as_str(), Some(restore)),
        (Method::GET, "/operations/ID", operation.id.as_str(), None),
        (Method::POST, "/operations/ID/cancel", operation.id.as_str(), None),
    ] {
        let mut told = Vec::new();
        for id in [there, "nothing"] {
            let path = format!("/api/v1{}", path.replace("ID", id));
            let answer = carl.json(method.clone(), &path, body.clone()).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}: {}", answer.text);
            told.push(answer.text.replace(id, "ID"));
        }
        assert_eq!(told[0], told[1]);
    }
}

#[tokio::test]
async fn a_token_that_may_not_read_sees_no_operation_and_one_that_reads_does_no_more() {
    let (place, _, mut anna, id) = stocked().await;
    anna.submit_and_follow("/tables/friday", "/tables/friday/backups", &[]).await;
    assert_eq!(last_ended(&place, &id).await, OperationState::Succeeded);
    let op = Principal::operator();
    let backup = place.refractory.backups(&op, &id, None, 1).await.unwrap().records.remove(0);
    // Anna asked for it herself: what she asked for she sees without a right on the table.
    let operation =
        place.refractory.operations(&op, Some(&id), None, 1).await.unwrap().records.remove(0);
    let anna = place.refractory.find_user(&op, "anna").await.unwrap();
    let reads = [
        "/api/v1/instances/friday/backups".to_owned(),
        "/api/v1/instances/friday/operations".to_owned(),
        "/api/v1/backups".to_owned(),
        "/api/v1/operations".to_owned(),
        format!("/api/v1/backups/{}", backup.id),
        format!("/api/v1/operations/{}", operation.id),
    ];
    let does = [
        (Method::POST, "/api/v1/instances/friday/backups".to_owned(), Some(json!({}))),
        (Method::POST, format!("/api/v1/backups/{}/verify", backup.id), None),
        (Method::DELETE, format!("/api/v1/backups/{}", backup.id), None),
        (Method::POST, format!("/api/v1/operations/{}/cancel", operation.id), None),
        (Method::POST, "/api/v1/instances/friday/rotate-key".to_owned(), None),
    ];
    for (scope, may_read) in [(Scope::Read, true), (Scope::Credentials, false)] {
        let secret = minted(&place.refractory, &anna.id, &[scope]).await;
        let mut program = with(&place, &secret);
        for path in &reads {
            let answer = program.get(path).await;
            assert_eq!(answer.status.is_success(), may_read, "{scope} {path}: {}", answer.text);
            let is_missing = answer.text.contains("insufficient-scope");
            assert_eq!(is_missing, !may_read, "{scope} {path}: {}", answer.text);
        }
        for (method, path, body) in &does {
            let answer = program.json(method.clone(), path, body.clone()).await;
            assert_eq!(answer.json()["code"], "insufficient-scope", "{scope} {method} {path}");
        }
    }
}

//! `POST /join`.
use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};
use testkit::foundry::Version;

use super::visitor::Visitor;
use super::wire::Wire;
use super::{PASSWORD, V13, V14, playing};

/// A visitor, and the id of the world's gamemaster.
async fn at_the_door(program: &testkit::foundry::StandIn) -> (Visitor, String) {
    let mut person = Visitor::of(program);
    person.until_landing("/join").await;
    let data = Wire::of(&person).await.ask("getJoinData", json!([])).await;
    let id = data["users"][0]["_id"].as_str().unwrap().to_owned();
    (person, id)
}

async fn message(person: &mut Visitor, body: Value) -> (u16, String) {
    let answer = person.post("/join", body).await;
    (answer.status.as_u16(), answer.json()["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_user_is_looked_for_under_the_name_each_build_uses() {
    for (build, old, new) in [(359, true, false), (365, true, true), (367, false, true)] {
        let program = playing(Version::new(14, build)).ready().await;
        let (mut person, id) = at_the_door(&program).await;
        let (code, _) = message(&mut person, json!({"action": "join", "userid": id})).await;
        assert_eq!(code == 200, old, "userid in 14.{build}");
        let (code, _) = message(&mut person, json!({"action": "join", "userId": id})).await;
        assert_eq!(code == 200, new, "userId in 14.{build}");
    }
}

#[tokio::test]
async fn refusals_carry_the_programs_own_words() {
    let program = playing(V13).ready().await;
    let (mut person, id) = at_the_door(&program).await;
    let mut join = async |user: &str, password: &str| {
        let seat = json!({"action": "join", "userid": user, "password": password});
        message(&mut person, seat).await
    };
    assert_eq!(join(&id, "wrong").await, (401, "JOIN.ErrorInvalidPassword".into()));
    assert_eq!(join("nobody0000000000", "").await, (401, "JOIN.ErrorUserDoesNotExist".into()));
    assert_eq!(join(&id, "").await, (200, "JOIN.LoginSuccess".into()));
}

#[tokio::test]
async fn forms_are_taken_as_well_as_json() {
    let program = playing(V13).ready().await;
    let (mut person, id) = at_the_door(&program).await;
    let joined = person.submit("/join", &format!("action=join&userid={id}&password=")).await;
    assert_eq!(joined.json()["redirect"], "/game");
}

#[tokio::test]
async fn without_a_world_there_is_nothing_to_join() {
    let program = super::licensed(V13).ready().await;
    let mut person = Visitor::of(&program);
    assert!(person.get("/join").await.text().contains("no active game session"));
    let (_, said) = message(&mut person, json!({"action": "join", "userid": "x"})).await;
    assert_eq!(said, "JOIN.WorldPendingSetup");
    assert_eq!(person.get("/game").await.location(), "/join");
}

#[tokio::test]
async fn shutting_down_needs_the_password_of_the_generation() {
    for version in [Version::new(9, 280), Version::new(10, 312), V13] {
        let program = playing(version).ready().await;
        let mut person = Visitor::of(&program);
        person.until_active(true).await;
        let wrong = json!({"action": "shutdown", "adminPassword": "no", "adminKey": "no"});
        assert_eq!(person.post("/join", wrong).await.status, 403);
        let old = version.generation == 9;
        let (right, other) =
            if old { ("adminKey", "adminPassword") } else { ("adminPassword", "adminKey") };
        let misnamed = json!({"action": "shutdown", other: PASSWORD});
        assert_eq!(person.post("/join", misnamed).await.status, 403, "{version}");
        let named = json!({"action": "shutdown", right: PASSWORD});
        assert_eq!(person.post("/join", named).await.json()["status"], "success", "{version}");
        assert_eq!(person.status().await["active"], false);
    }
}

#[tokio::test]
async fn version_14_lets_an_administrator_take_any_seat_and_version_13_does_not() {
    let program = playing(V14).ready().await;
    let (mut person, id) = at_the_door(&program).await;
    let login = json!({"action": "loginAs", "userId": id});
    assert_eq!(person.post("/join", login.clone()).await.status, 403);
    person.submit("/auth", &format!("adminPassword={PASSWORD}")).await;
    assert_eq!(person.post("/join", login.clone()).await.json()["status"], "success");
    assert_eq!(person.landing().await, "/game");

    let program = playing(V13).ready().await;
    let (mut person, _) = at_the_door(&program).await;
    assert_eq!(person.post("/join", login).await.status, 400);
}

#[tokio::test]
async fn version_14_wants_its_own_origin_and_version_13_does_not_look() {
    for (version, origin, expected) in [
        (V14, None, 403),
        (V14, Some("http://elsewhere.example"), 403),
        (V13, None, 200),
        (V13, Some("http://elsewhere.example"), 200),
    ] {
        let program = playing(version).ready().await;
        let (mut person, id) = at_the_door(&program).await;
        let mut request = Request::post("/join").header(CONTENT_TYPE, "application/json");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let seat = json!({"action": "join", "userid": id, "userId": id}).to_string();
        let answer = person.send(request, Bytes::from(seat)).await;
        assert_eq!(answer.status, expected, "{version} {origin:?}");
    }
}

//! The websocket.
use std::time::Duration;

use serde_json::{Value, json};
use testkit::foundry::{StandIn, Version};

use super::visitor::Visitor;
use super::wire::Wire;
use super::{PASSWORD, V13, V14, WORLD, licensed, playing};

const SOON: Duration = Duration::from_millis(300);

/// A visitor who has taken the seat of user `index`.
async fn seated(program: &StandIn, index: usize) -> Visitor {
    let mut person = Visitor::of(program);
    person.until_landing("/join").await;
    let data = Wire::of(&person).await.ask("getJoinData", json!([])).await;
    let id = data["users"][index]["_id"].clone();
    let joined = person.post("/join", json!({"action": "join", "userid": id, "userId": id})).await;
    assert_eq!(joined.json()["status"], "success");
    person
}

fn create(version: Version, fields: &Value) -> Value {
    if version.generation >= 12 {
        let operation = json!({"data": [fields], "parent": null, "render": true});
        json!([{"type": "User", "action": "create", "operation": operation}])
    } else {
        json!([{"type": "User", "action": "create", "data": [fields]}])
    }
}

#[tokio::test]
async fn the_session_is_taken_from_the_query_up_to_13_and_from_the_cookie_in_14() {
    for version in Version::EACH_GENERATION {
        let program = playing(version).ready().await;
        let mut person = Visitor::of(&program);
        person.until_active(true).await;
        let session = person.session.clone().unwrap();
        let none = "000000000000000000000000";
        let by_query = Wire::with(&person.address, "", &session, none).await;
        let by_cookie = Wire::with(&person.address, "", none, &session).await;
        let cookie_only = version.generation >= 14;
        let (mut known, mut unknown) =
            if cookie_only { (by_cookie, by_query) } else { (by_query, by_cookie) };
        assert_eq!(known.session, json!({"sessionId": session, "userId": null}), "{version}");
        assert_eq!(known.ask("getJoinData", json!([])).await["world"]["id"], WORLD, "{version}");
        assert_eq!(unknown.session, Value::Null, "{version}");
        assert!(!unknown.is_answered("getJoinData", SOON, json!([])).await, "{version}");
    }
}

#[tokio::test]
async fn join_data_shows_the_world_and_its_users_without_their_passwords() {
    let program = playing(V14).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let data = Wire::of(&person).await.ask("getJoinData", json!([])).await;
    assert_eq!(data["world"]["id"], WORLD);
    assert_eq!(data["release"]["generation"], 14);
    assert_eq!((&data["activeUsers"], &data["userId"]), (&json!([]), &Value::Null));
    let user = &data["users"][0];
    assert_eq!((&user["name"], &user["role"]), (&json!("Gamemaster"), &json!(4)));
    assert_eq!(user.get("password"), None);
}

#[tokio::test]
async fn setup_data_is_empty_once_a_world_is_active() {
    let program = licensed(V13).prepared(|data| data.with_world(WORLD, V13)).ready().await;
    let mut person = Visitor::of(&program);
    person.submit("/auth", &format!("adminPassword={PASSWORD}")).await;
    let mut wire = Wire::of(&person).await;
    assert_eq!(wire.ask("getSetupData", json!([])).await["worlds"][0]["id"], WORLD);
    assert_eq!(wire.ask("getWorldStatus", json!([])).await, false);
    person.post("/setup", json!({"action": "launchWorld", "world": WORLD})).await;
    person.until_active(true).await;
    assert_eq!(wire.ask("getSetupData", json!([])).await, json!({}));
    assert_eq!(wire.ask("getWorldStatus", json!([])).await, true);
}

#[tokio::test]
async fn the_world_is_for_those_who_sit_in_it() {
    let program = playing(V13).switch("world_size", "5000000").ready().await;
    let mut stranger = Visitor::of(&program);
    stranger.until_active(true).await;
    assert_eq!(Wire::of(&stranger).await.ask("world", json!([])).await, json!({}));
    let person = seated(&program, 0).await;
    let mut wire = Wire::of(&person).await;
    let world = wire.ask("world", json!([])).await;
    assert_eq!(world["userId"], wire.session["userId"]);
    assert_eq!(world["activeUsers"], json!([world["userId"]]));
    assert!(world["actors"].is_array() && world["files"]["storages"].is_array());
    assert!(world.to_string().len() > 5_000_000);
}

#[tokio::test]
async fn a_gamemaster_makes_users_in_the_words_of_each_generation() {
    for version in Version::EACH_GENERATION {
        let program = playing(version).ready().await;
        let mut wire = Wire::of(&seated(&program, 0).await).await;
        let ada = json!({"name": "Ada", "role": 1, "password": "sesame"});
        let made = wire.ask("modifyDocument", create(version, &ada)).await;
        assert_eq!(made["result"][0]["name"], "Ada", "{version}: {made}");
        assert!(!made.to_string().contains("sesame"));
        let id = &made["result"][0]["_id"];

        let mut person = Visitor::of(&program);
        let seat = json!({"action": "join", "userid": id, "userId": id, "password": "sesame"});
        assert_eq!(person.post("/join", seat).await.json()["status"], "success", "{version}");
        let mut player = Wire::of(&person).await;
        let denied = player.ask("modifyDocument", create(version, &json!({"name": "Bo"}))).await;
        assert!(denied["error"]["message"].is_string(), "{version}: {denied}");

        let other = Version::new(if version.generation >= 12 { 11 } else { 12 }, 0);
        let misspelt = wire.ask("modifyDocument", create(other, &json!({"name": "Bo"}))).await;
        assert!(misspelt["error"]["message"].is_string(), "{version}: {misspelt}");
    }
}

#[tokio::test]
async fn what_one_changes_the_others_hear() {
    let program = playing(V14).ready().await;
    let mut one = Wire::of(&seated(&program, 0).await).await;
    let mut other = Wire::of(&seated(&program, 0).await).await;
    one.ask("modifyDocument", create(V14, &json!({"name": "Ada"}))).await;
    let heard = other.event("modifyDocument").await;
    assert_eq!(heard[0]["result"][0]["name"], "Ada");
    assert!(!one.is_answered("userActivity", SOON, json!([{"cursor": {"x": 1}}])).await);
    assert_eq!(other.event("userActivity").await[1]["cursor"]["x"], 1);
}

#[tokio::test]
async fn users_count_while_their_socket_lives_and_a_lost_one_a_little_longer() {
    let program = playing(V13).switch("users_lag", "1m").ready().await;
    let mut person = seated(&program, 0).await;
    assert_eq!(person.status().await["users"], 0);
    let wire = Wire::of(&person).await;
    let second = Wire::of(&person).await;
    assert_eq!(person.status().await["users"], 1, "two sockets of one user are one user");
    second.hang_up().await;
    assert_eq!(person.status().await["users"], 1);
    wire.hang_up().await;
    assert_eq!(person.status().await["users"], 0);

    drop(Wire::of(&person).await);
    assert_eq!(person.status().await["users"], 1, "a lost client counts on");
    program.control(&json!({"users_lag": "0"})).await;
    while person.status().await["users"] != 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn leaving_is_told_to_those_who_stay() {
    let program = playing(V13).ready().await;
    let gm = seated(&program, 0).await;
    let mut stays = Wire::of(&gm).await;
    let made = stays.ask("modifyDocument", create(V13, &json!({"name": "Ada"}))).await;
    let ada = seated(&program, 1).await;
    let leaves = Wire::of(&ada).await;
    let came = stays.event("userActivity").await;
    assert_eq!(came, [made["result"][0]["_id"].clone(), json!({"active": true})]);
    leaves.hang_up().await;
    assert_eq!(stays.event("userActivity").await[1], json!({"active": false}));
}

#[tokio::test]
async fn a_closing_world_says_so_to_everybody() {
    let program = playing(V13).ready().await;
    let mut person = seated(&program, 0).await;
    let mut wire = Wire::of(&person).await;
    person.post("/join", json!({"action": "shutdown", "adminPassword": PASSWORD})).await;
    assert_eq!(wire.event("shutdown").await[0]["world"], WORLD);
    assert_eq!(person.landing().await, "/auth", "and nobody has a seat any more");
}

#[tokio::test]
async fn messages_of_many_megabytes_go_through_in_one_piece() {
    let program = playing(V13).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let mut wire = Wire::of(&person).await;
    let big = "x".repeat(5 << 20);
    let echoed = wire.ask("stand-in:echo", json!([big])).await;
    assert_eq!(echoed[0].as_str().map(str::len), Some(5 << 20));
}

#[tokio::test]
async fn the_server_pings_and_drops_nobody_who_answers() {
    let program = playing(V13).switch("ping", "50ms").ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let mut wire = Wire::of(&person).await;
    assert!(!wire.is_answered("nothing-of-the-sort", SOON, json!([])).await);
    assert_eq!(wire.ask("getWorldStatus", json!([])).await, true);
}

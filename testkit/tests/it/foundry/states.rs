//! The state machine, generation by generation.
use serde_json::json;
use testkit::foundry::{LICENSE_KEY, Launch, Version};

use super::visitor::Visitor;
use super::wire::Wire;
use super::{EXE, PASSWORD, WORLD, playing};

#[tokio::test]
async fn every_generation_goes_from_no_key_to_a_seat_at_the_table() {
    for version in Version::EACH_GENERATION {
        let launch = Launch::of(EXE, version)
            .prepared(|data| data.with_admin_password(PASSWORD).with_world(WORLD, version));
        let program = launch.ready().await;
        let mut person = Visitor::of(&program);
        assert_eq!(person.landing().await, "/license", "{version}");
        assert!(person.get("/license").await.text().contains("id=\"license-key\""));

        let form = format!("licenseKey={LICENSE_KEY}&action=enterKey");
        assert_eq!(person.submit("/license", &form).await.location(), "/license");
        assert!(!person.get("/license").await.text().contains("id=\"license-key\""));
        for page in ["/", "/setup", "/join", "/auth", "/game"] {
            assert_eq!(person.get(page).await.location(), "/license", "{version} {page}");
        }

        person.submit("/license", "agree=on&accept=").await;
        program.line("License signature successfully created").await;
        assert_eq!(person.landing().await, "/auth");
        let field = if version.generation <= 9 { "adminKey" } else { "adminPassword" };
        let form = format!("{field}={PASSWORD}&action=adminAuth");
        assert_eq!(person.submit("/auth", &form).await.location(), "/setup");
        assert_eq!(person.landing().await, "/setup");

        let launch = json!({"action": "launchWorld", "world": WORLD});
        assert_eq!(person.post("/setup", launch).await.json(), json!({}));
        let status = person.until_active(true).await;
        assert_eq!(status["world"], WORLD, "{version}");
        assert_eq!(person.landing().await, "/join");
        take_a_seat(&mut person).await;
        assert_eq!(person.landing().await, "/game");
        assert_eq!(person.get("/game").await.status, 200);

        person.get("/join").await;
        assert_eq!(person.landing().await, "/join", "opening the join page gives the seat up");
        let field = json!({"action": "shutdown", field: PASSWORD});
        assert_eq!(person.post("/join", field).await.json()["status"], "success");
        assert_eq!(person.landing().await, "/setup");
    }
}

async fn take_a_seat(person: &mut Visitor) {
    let mut wire = Wire::of(person).await;
    let data = wire.ask("getJoinData", json!([])).await;
    let gm = data["users"].as_array().unwrap().iter().find(|user| user["role"] == 4).unwrap();
    let seat = json!({
        "action": "join", "userid": gm["_id"], "userId": gm["_id"], "password": "",
        "adminPassword": "",
    });
    let joined = person.post("/join", seat).await;
    let expected = json!({
        "request": "join", "status": "success", "message": "JOIN.LoginSuccess",
        "redirect": "/game",
    });
    assert_eq!(joined.json(), expected);
}

#[tokio::test]
async fn the_status_of_an_idle_program_is_exactly_two_keys() {
    let program = super::licensed(super::V13).ready().await;
    let answer = Visitor::of(&program).get("/api/status").await;
    assert_eq!(answer.text(), "{\"active\":false,\"version\":\"13.351\"}");
    assert_eq!(answer.body.len(), 35);
}

#[tokio::test]
async fn the_status_of_a_game_names_world_and_system_and_counts() {
    let program = playing(super::V13).ready().await;
    let mut person = Visitor::of(&program);
    let status = person.until_active(true).await;
    assert_eq!(status["version"], "13.351");
    assert_eq!((&status["system"], &status["systemVersion"]), (&json!("dice"), &json!("5.0.4")));
    assert_eq!(status["users"], 0);
    assert!(status["uptime"].is_number());
}

#[tokio::test]
async fn an_unchanged_status_is_304() {
    let program = super::licensed(super::V13).ready().await;
    let mut person = Visitor::of(&program);
    let etag = person.get("/api/status").await.header("etag");
    let request = http::Request::get("/api/status").header("if-none-match", etag);
    assert_eq!(person.send(request, bytes::Bytes::new()).await.status, 304);
}

#[tokio::test]
async fn a_session_is_24_hex_digits_and_is_given_once() {
    let program = playing(super::V13).ready().await;
    let mut person = Visitor::of(&program);
    let first = person.get("/api/status").await;
    let cookie = first.header("set-cookie");
    let id = first.cookie("session").unwrap();
    assert!(id.len() == 24 && id.chars().all(|c| c.is_ascii_hexdigit()));
    assert_eq!(cookie, format!("session={id}; Max-Age=86400; Path=/; SameSite=Strict"));
    program.line(&format!("Created client session {id}")).await;
    assert_eq!(person.get("/join").await.cookie("session"), None);
    person.session = Some("0123456789abcdef01234567".into());
    assert!(person.get("/join").await.cookie("session").is_some(), "an unknown one is replaced");
}

#[tokio::test]
async fn with_a_world_to_launch_the_port_answers_before_the_world_is_active() {
    let program = playing(super::V13).switch("launch", "1m").ready().await;
    let mut person = Visitor::of(&program);
    assert_eq!(person.status().await["active"], false);
    assert_eq!(person.landing().await, "/auth");
}

#[tokio::test]
async fn a_status_that_is_active_early_does_not_mean_that_one_can_join() {
    let launch = playing(super::V13).switch("launch", "1m").switch("active_early", "true");
    let program = launch.ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    assert_eq!(person.landing().await, "/auth");
}

#[tokio::test]
async fn below_a_route_prefix_everything_moves_and_nothing_is_left_outside() {
    let options = json!({"routePrefix": "game1"});
    let program = playing(super::V13).prepared(|data| data.with_options(&options)).ready().await;
    let mut person = Visitor::of(&program);
    assert_eq!(person.get("/").await.status, 404);
    assert_eq!(person.get("/game10/").await.status, 404);
    program.line("Launched game world").await;
    assert_eq!(person.get("/game1/").await.location(), "/game1/join");
    assert_eq!(person.get("/game1/api/status").await.json()["active"], true);
    let session = person.session.clone().unwrap();
    Wire::with(&person.address, "/game1", &session, &session).await;
}

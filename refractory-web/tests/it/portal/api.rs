//! The same verbs for programs.
use refractory_core::model::{Phase, Principal, Role};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::support::{Browser, Place};

async fn program(place: &Place, name: &str, role: Role) -> Browser {
    place.account(name, role).await;
    let mut program = place.browser();
    let body = json!({ "name": name, "password": "correct horse" });
    let opened = program.json(Method::POST, "/api/v1/session", Some(body)).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    assert!(!program.cookies.contains_key("refractory_session"));
    let token = format!("Bearer {}", opened.json()["token"].as_str().unwrap());
    program.cookies.clear();
    program.headers.insert(AUTHORIZATION, HeaderValue::from_str(&token).unwrap());
    program
}

#[tokio::test]
async fn a_program_does_everything_with_a_token() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let made = anna
        .json(
            Method::POST,
            "/api/v1/instances",
            Some(json!({ "slug": "friday", "spec": { "title": "Friday" } })),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.json()["state"], "off");
    let started = anna.json(Method::POST, "/api/v1/instances/friday/start", None).await;
    assert_eq!(started.status, StatusCode::ACCEPTED);
    let who = Principal::operator();
    let table = place.refractory.find(&who, "friday").await.unwrap();
    let on = |table: &refractory_core::model::Instance| matches!(table.phase(), Phase::On(_));
    place.refractory.wait(&who, &table.id, on).await.unwrap();
    let shown = anna.json(Method::GET, "/api/v1/instances/friday", None).await.json();
    assert_eq!(shown["state"], "on");
    let stopped = anna.json(Method::POST, "/api/v1/instances/friday/stop?now=true", None).await;
    assert_eq!(stopped.json()["power"], "off");
    let renamed = anna
        .json(Method::PATCH, "/api/v1/instances/friday", Some(json!({ "slug": "saturday" })))
        .await;
    assert_eq!(renamed.json()["slug"], "saturday", "{}", renamed.text);
    let events = anna.json(Method::GET, "/api/v1/instances/saturday/events", None).await.json();
    assert!(events["events"].as_array().unwrap().len() >= 4, "{events}");
    let logs = anna.json(Method::GET, "/api/v1/instances/saturday/logs", None).await.json();
    assert_eq!(logs["lines"], json!([]));
    let keyless = anna.json(Method::POST, "/api/v1/instances/saturday/rotate-key", None).await;
    assert_eq!(keyless.status, StatusCode::NOT_IMPLEMENTED, "uploads lie with the data here");
    assert!(keyless.text.contains("There is no key to replace"), "{}", keyless.text);
    let unsure = anna.json(Method::DELETE, "/api/v1/instances/saturday", None).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = anna.json(Method::DELETE, "/api/v1/instances/saturday?confirm=saturday", None).await;
    assert_eq!(gone.status, StatusCode::ACCEPTED);
    assert!(place.refractory.wait(&who, &table.id, |_| false).await.unwrap().is_none());
    let status = anna.json(Method::GET, "/api/v1/status", None).await.json();
    assert_eq!((&status["workers"], &status["unlisted"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn licences_and_people_have_their_verbs() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let key = json!({ "name": "Club", "key": "ABCD-EFGH-IJKL-MNOP-QRST-1239" });
    let added = anna.json(Method::POST, "/api/v1/licenses", Some(key)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    assert!(!added.text.contains("EFGH"));
    let no = anna
        .json(Method::POST, "/api/v1/licenses/Club/accept-eula", Some(json!({ "accept": false })))
        .await;
    assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY);
    let yes = anna
        .json(Method::POST, "/api/v1/licenses/Club/accept-eula", Some(json!({ "accept": true })))
        .await;
    assert_eq!(yes.json()["accepted_by"], "anna");
    let removed = anna.json(Method::DELETE, "/api/v1/licenses/Club", None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let bert = json!({ "name": "bert", "role": "player" });
    assert_eq!(
        anna.json(Method::POST, "/api/v1/users", Some(bert)).await.status,
        StatusCode::CREATED
    );
    let link = anna.json(Method::POST, "/api/v1/users/bert/link", None).await;
    assert!(link.json()["url"].as_str().unwrap().contains("/sign-in/link?token="));
    let raised =
        anna.json(Method::PATCH, "/api/v1/users/bert", Some(json!({ "role": "admin" }))).await;
    assert_eq!(raised.json()["role"], "admin");
    let users = anna.json(Method::GET, "/api/v1/users", None).await;
    assert!(!users.text.contains("plain:"), "{}", users.text);
}

#[tokio::test]
async fn problems_are_told_as_problems() {
    let place = Place::open().await;
    let mut pia = program(&place, "pia", Role::Player).await;
    let rows = [
        (Method::GET, "/api/v1/instances/none", None, 404),
        (Method::GET, "/api/v1/nowhere", None, 404),
        (Method::GET, "/api/v1/status", None, 403),
        (Method::GET, "/api/v1/users", None, 403),
        (Method::POST, "/api/v1/instances", Some(json!({ "slug": "x" })), 403),
        (Method::POST, "/api/v1/instances", Some(json!({ "slgu": "x" })), 400),
        (Method::POST, "/api/v1/instances", Some(json!({ "slug": "A B" })), 422),
    ];
    for (method, path, body, status) in rows {
        let answer = pia.json(method, path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}");
        assert_eq!(answer.json()["status"], status);
        assert!(!answer.json()["detail"].as_str().unwrap().is_empty());
    }
    let mut nobody = place.browser();
    assert_eq!(nobody.get("/api/v1/instances").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let refused = anna.json(Method::POST, "/api/v1/instances", Some(json!({ "slug": "x" }))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let csrf = anna.get("/api/v1/session").await.json()["csrf"].as_str().unwrap().to_owned();
    anna.headers.insert("x-csrf-token", csrf.parse().unwrap());
    let made = anna.json(Method::POST, "/api/v1/instances", Some(json!({ "slug": "x" }))).await;
    assert_eq!(made.status, StatusCode::CREATED);
    anna.headers.insert("origin", HeaderValue::from_static("http://x.localhost"));
    let refused = anna.json(Method::POST, "/api/v1/instances/x/start", None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_session_that_was_closed_opens_nothing() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    assert_eq!(
        anna.json(Method::DELETE, "/api/v1/session", None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(anna.get("/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
}

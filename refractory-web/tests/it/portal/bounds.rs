//! Texts that are too long, that no database takes, or that are dressed up.
use refractory_core::model::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::api::program;
use super::support::Place;

#[tokio::test]
async fn every_text_of_a_request_is_bounded_and_carries_no_nul() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let long = "x".repeat(20_000);
    let rows = [
        ("/api/v1/instances", json!({ "name": "a\0b" }), "`name`"),
        ("/api/v1/instances", json!({ "name": "a", "title": "a\0b" }), "`title`"),
        ("/api/v1/instances", json!({ "name": "a", "world": "a\0b" }), "`world`"),
        ("/api/v1/instances", json!({ "name": "a", "language": long }), "`language`"),
        (
            "/api/v1/instances",
            json!({ "name": "a", "limits": { "memory": "a\0b" } }),
            "`limits.memory`",
        ),
        ("/api/v1/instances", json!({ "name": "a", "title": "two\nlines" }), "title"),
        ("/api/v1/licenses", json!({ "name": "a\0b", "key": "x" }), "`name`"),
        ("/api/v1/licenses", json!({ "name": "Club", "key": long }), "`key`"),
        ("/api/v1/users", json!({ "name": long, "role": "player" }), "`name`"),
        ("/api/v1/releases/fetch", json!({ "url": "https://x\0" }), "`url`"),
    ];
    for (path, body, field) in rows {
        let answer = anna.json(Method::POST, path, Some(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", answer.text);
        assert!(answer.text.contains(field), "{field}: {}", answer.text);
    }
    let mut nobody = place.browser();
    let body = json!({ "name": "anna", "password": "a\0b" });
    let refused = nobody.json(Method::POST, "/api/v1/session", Some(body)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("`password`"), "{}", refused.text);
}

#[tokio::test]
async fn addresses_and_forms_are_bounded_too() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    for path in [
        "/api/v1/instances/a%00b",
        "/api/v1/licenses?from=%00",
        "/tables/a%00b",
        &format!("/api/v1/instances/{}", "x".repeat(3000)),
    ] {
        assert_eq!(anna.get(path).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let long = "x".repeat(3000);
    for title in ["a\0b", long.as_str()] {
        let sent = anna.submit("/tables/new", "/tables", &[("title", title)]).await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", sent.text);
        assert!(sent.text.contains("title"), "{}", sent.text);
    }
}

#[tokio::test]
async fn the_portal_and_the_api_take_a_key_in_any_dress() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let rows = [
        ("dashes", "ABCD\u{2013}EFGH\u{2013}IJKL\u{2013}MNOP\u{2013}QRST\u{2013}1231\u{200b}"),
        ("label", "FOUNDRY_LICENSE_KEY=\"ABCD-EFGH-IJKL-MNOP-QRST-1232\" # club"),
        ("file", r#"{"host":"nas","license":"ABCDEFGHIJKLMNOPQRST1233","signature":"x"}"#),
    ];
    for (name, key) in rows {
        let body = json!({ "name": name, "key": key });
        let added = anna.json(Method::POST, "/api/v1/licenses", Some(body)).await;
        assert_eq!(added.status, StatusCode::CREATED, "{name}: {}", added.text);
    }
    let mut browser = place.signed_in("bea", Role::Admin).await;
    let form = [("name", "form"), ("key", "\u{feff}abcd\u{2011}efgh ijkl mnop qrst 1234\r\n")];
    let sent = browser.submit_and_follow("/licenses", "/licenses", &form).await;
    assert!(sent.text.contains("form was added"), "{}", sent.text);
}

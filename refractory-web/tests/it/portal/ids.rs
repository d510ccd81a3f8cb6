//! The id of a failure: what people are shown is what the log calls it.
use refractory_core::model::{NewInstance, Phase, Principal, Role, Slug};
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::http::{Misbehavior, RawClient, Upstream};

use super::support::Place;
use crate::log;

/// The only entry of the log under `id`.
fn entry(id: &str) -> serde_json::Value {
    let mut found = log::under(id);
    assert_eq!(found.len(), 1, "{id:?}: {found:?}");
    found.remove(0)
}

/// What stands between `before` and `behind`.
fn between<'a>(text: &'a str, before: &str, behind: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(behind).unwrap().0
}

async fn awake(place: &Place) {
    let who = Principal::operator();
    let new = NewInstance::named(Slug::new("friday").unwrap());
    let table = place.refractory.create(&who, new).await.unwrap();
    place.refractory.start(&who, &table.id).await.unwrap();
    let on = |table: &refractory_core::model::Instance| matches!(table.phase(), Phase::On(_));
    place.refractory.wait(&who, &table.id, on).await.unwrap();
    // The edge hears of it by the feed.
    let asked = "GET / HTTP/1.1\r\nHost: friday.localhost\r\n\r\n";
    let known = async {
        while matches!(RawClient::ask(place.at, asked).await.status, 404 | 503) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), known).await.unwrap();
}

#[tokio::test]
async fn the_edge_shows_the_id_that_it_logs_to_whoever_asks() {
    log::begin();
    let upstream = Upstream::misbehaving(Misbehavior::HangsUp).await;
    let place = Place::before(upstream.address(), |_| ());
    awake(&place).await;
    let shows: [(&str, &str, &str); 3] = [
        ("text/html", "Error ID in the log: <code>", "</code>"),
        ("application/json", r#""id":""#, "\""),
        ("image/png", "give your administrator this error ID: ", "\n"),
    ];
    for (accept, before, behind) in shows {
        let asked = format!(
            "GET /game?token=secret HTTP/1.1\r\nHost: friday.localhost\r\nAccept: {accept}\r\n\r\n"
        );
        let answer = RawClient::ask(place.at, asked).await;
        assert_eq!(answer.status, 502, "{accept}");
        let text = answer.text();
        let id = between(&text, before, behind);
        let entry = entry(id);
        assert_eq!(entry["message"], "an exchange broke off");
        assert_eq!(entry["path"], "/game", "a query may hold secrets");
        assert!(entry["cause"].as_str().unwrap().contains("Upstream side"), "{entry}");
        if accept == "text/html" {
            assert!(
                text.contains(&format!("give your administrator this error ID: {id}")),
                "one id, shown twice"
            );
        }
    }
}

#[tokio::test]
async fn a_table_that_keeps_silent_is_logged_under_the_id_that_is_shown() {
    log::begin();
    let upstream = Upstream::start(|mut visit| async move {
        while let Some(head) = visit.head().await {
            if head.starts_with("GET /game ") {
                return visit.until_closed().await;
            }
            visit.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    })
    .await;
    let second = refractory_core::config::Span::seconds(1);
    let place = Place::before(upstream.address(), |config| config.answer_within = second);
    awake(&place).await;
    let asked = "GET /game HTTP/1.1\r\nHost: friday.localhost\r\nAccept: text/html\r\n\r\n";
    let answer = RawClient::ask(place.at, asked).await;
    assert_eq!(answer.status, 504);
    let text = answer.text();
    let entry = entry(between(&text, "Error ID in the log: <code>", "</code>"));
    assert!(entry["cause"].as_str().unwrap().contains("waiting for an answer"), "{entry}");
}

#[tokio::test]
async fn the_portal_shows_the_id_that_it_logs_on_pages_and_to_programs() {
    log::begin();
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let url = "https://broken.example/foundry.zip";
    let page = anna.submit("/releases", "/releases/fetch", &[("url", url)]).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", page.text);
    let logged = entry(between(&page.text, "Error ID in the log: <code>", "</code>"));
    assert!(logged["error"].as_str().unwrap().contains("the disk is gone"), "{logged}");
    assert!(!page.text.contains("the disk is gone"), "{}", page.text);

    let csrf = anna.get("/api/v1/session").await.json()["csrf"].as_str().unwrap().to_owned();
    anna.headers.insert("x-csrf-token", csrf.parse().unwrap());
    let body = json!({ "url": url });
    let problem = anna.json(Method::POST, "/api/v1/releases/fetch", Some(body)).await;
    assert_eq!(problem.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", problem.text);
    let instance = problem.json()["instance"].as_str().unwrap().to_owned();
    let logged = entry(instance.strip_prefix("urn:refractory:failure:").unwrap());
    assert!(logged["error"].as_str().unwrap().contains("the disk is gone"), "{logged}");
}

#[tokio::test]
async fn what_is_nobodys_fault_here_has_no_id() {
    log::begin();
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let page = anna.get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(!page.text.contains("Error ID in the log:"), "{}", page.text);
    let problem = anna.get("/api/v1/instances/none").await;
    assert!(problem.json().get("instance").is_none(), "{}", problem.text);
}

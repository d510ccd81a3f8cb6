//! Every address of the portal with every method: what is taken from the portal's own routes.
use std::collections::BTreeMap;

use refractory_core::model::{NewInstance, Principal, Role, Slug};
use refractory_web::routes;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use testkit::http::RawClient;

use super::support::{Browser, Place};

const EVERY: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"];

/// What is as long each time.
const SAME_LENGTH: [&str; 4] = ["/healthz", "/readyz", "/sign-in", "/account"];

/// `path` with something in place of its parameters.
fn filled(path: &str) -> String {
    let named = path.replace("{name}", "friday").replace("{slug}", "friday");
    named.replace("{id}", "friday").replace("{digest}", "0").replace("{user}", "anna")
}

/// What a header says, without what differs from answer to answer.
fn lasting(headers: &HeaderMap) -> BTreeMap<String, String> {
    let told =
        headers.iter().filter(|(name, _)| !["date", "transfer-encoding"].contains(&name.as_str()));
    let value = |name: &str, value: &str| match name {
        "set-cookie" => value.split('=').next().unwrap_or_default().to_owned(),
        // A page holds a token of its own length, and a problem an id of its own.
        _ => value.to_owned(),
    };
    told.map(|(name, said)| (name.to_string(), value(name.as_str(), said.to_str().unwrap())))
        .collect()
}

async fn with_a_table() -> Place {
    let place = Place::open().await;
    let new = NewInstance::named(Slug::new("friday").unwrap());
    place.refractory.create(&Principal::operator(), new).await.unwrap();
    place
}

#[tokio::test]
async fn head_is_answered_as_get_without_a_body_everywhere() {
    let place = with_a_table().await;
    let admin = place.signed_in("anna", Role::Admin).await;
    for browser in [admin, place.browser()] {
        for (path, methods) in routes() {
            if !methods.iter().any(|method| method == "GET") {
                continue;
            }
            let path = filled(&path);
            let get = browser.stream(&path).await;
            let head = browser.ask(Method::HEAD, &path).await;
            assert_eq!(head.status(), get.status(), "{path}");
            let (mut told, mut shown) = (lasting(head.headers()), lasting(get.headers()));
            if !SAME_LENGTH.contains(&path.as_str()) {
                // Numbers grow and clocks run, and the length with them.
                let lengths = [told.remove("content-length"), shown.remove("content-length")];
                assert_eq!(lengths[0].is_some(), lengths[1].is_some(), "{path}");
            }
            assert_eq!(told, shown, "{path}");
            assert!(head.bytes().await.unwrap().is_empty(), "{path}");
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones_everywhere() {
    // A portal each, so that none of its callers asks more often in a minute than they may.
    for some in routes().chunks(30) {
        let place = with_a_table().await;
        let admin = place.signed_in("anna", Role::Admin).await;
        for browser in [admin, place.browser()] {
            for (path, methods) in some {
                are_told(&browser, path, methods).await;
            }
        }
    }
    let place = with_a_table().await;
    let nowhere = place.browser().ask(Method::POST, "/nowhere").await;
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
}

/// All methods but `methods` are refused at `path`, with those.
async fn are_told(browser: &Browser, path: &str, methods: &[String]) {
    for method in EVERY.iter().filter(|method| !methods.iter().any(|right| right == *method)) {
        let path = filled(path);
        let answer = browser.ask(method.parse().unwrap(), &path).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let allow = answer.headers()["allow"].to_str().unwrap().to_owned();
        if *method != "TRACE" {
            assert_eq!(allow, methods.join(", "), "{method} {path}");
        }
        assert!(!allow.is_empty() && !allow.contains(method), "{method} {path}: {allow}");
    }
}

#[tokio::test]
async fn head_at_a_sleeping_tables_address_is_answered_as_get() {
    let place = with_a_table().await;
    let ask = |method| {
        format!("{method} /join HTTP/1.1\r\nHost: friday.localhost\r\nAccept: text/html\r\n\r\n")
    };
    let mut get = RawClient::ask(place.at, ask("GET")).await;
    while get.status == 404 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        get = RawClient::ask(place.at, ask("GET")).await;
    }
    let mut wire = RawClient::open(place.at).await;
    wire.send(ask("HEAD")).await;
    let head = wire.head().await;
    assert_eq!((head.status, get.status), (503, 503));
    for name in ["content-length", "content-type", "retry-after", "cache-control", "vary"] {
        assert_eq!(head.headers(name), get.headers(name), "{name}");
    }
    // The next answer follows at once: there was no body.
    wire.send(ask("HEAD")).await;
    assert_eq!(wire.head().await.status, 503);
}

#[tokio::test]
async fn questions_sent_at_once_are_answered_one_by_one() {
    let place = Place::open().await;
    let mut wire = RawClient::open(place.at).await;
    let ask =
        |method: &str, path: &str| format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire.send(ask("HEAD", "/sign-in") + &ask("HEAD", "/live") + &ask("GET", "/healthz")).await;
    let heads = [wire.head().await, wire.head().await];
    assert_eq!([heads[0].status, heads[1].status], [200, 303]);
    assert_ne!(heads[0].headers("content-length"), ["0"]);
    assert_eq!(wire.answer().await.text(), "ok\n");
}

#[tokio::test]
async fn questions_about_the_server_or_the_connection_are_answered_for_every_host() {
    let place = with_a_table().await;
    for host in ["localhost", "friday.localhost", "elsewhere.example"] {
        let all =
            RawClient::ask(place.at, format!("OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(all.status, 204, "{host}");
        assert!(all.headers("allow")[0].contains("HEAD"), "{host}");
        for ask in ["TRACE / HTTP/1.1", "CONNECT other.example:443 HTTP/1.1"] {
            let refused = RawClient::ask(place.at, format!("{ask}\r\nHost: {host}\r\n\r\n")).await;
            assert_eq!(refused.status, 405, "{ask} {host}");
            assert!(refused.headers("allow")[0].contains("GET"), "{ask} {host}");
        }
    }
}

#[tokio::test]
async fn a_program_without_a_token_is_told_how_to_show_one() {
    let place = Place::open().await;
    let answer = place.browser().get("/api/v1/session").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
}

//! Clients that keep the portal waiting, and heads that are too long for it.
use std::time::Duration;

use refractory_core::config::Span;
use refractory_core::model::{NewInstance, Principal, Role, Slug};
use testkit::http::{RawClient, Upstream};
use tokio::time::Instant;

use super::support::Place;

fn post(host: &str, path: &str, kind: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: 100\r\n\r\n"
    )
}

async fn friday(place: &Place) {
    let who = Principal::operator();
    let new = NewInstance::named(Slug::new("friday").unwrap());
    let table = place.refractory.create(&who, new).await.unwrap();
    place.refractory.start(&who, &table.id).await.unwrap();
    let host = format!("friday.localhost:{}", place.at.port());
    for _ in 0..500 {
        let asked = format!("GET /join HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        if RawClient::ask(place.at, asked).await.status != 503 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("friday did not wake up");
}

#[tokio::test]
async fn bodies_that_never_come_are_given_up() {
    let place = Place::with(|config| config.stalled_after = Span::seconds(2)).await;
    friday(&place).await;
    let (at, port) = (place.at, place.at.port());
    let (portal, table) = (format!("localhost:{port}"), format!("friday.localhost:{port}"));
    let form = "application/x-www-form-urlencoded";
    let program = super::api::program(&place, "anna", Role::Admin).await;
    let token = program.headers["authorization"].to_str().unwrap();
    let archive = post(&portal, "/api/v1/releases", "application/zip")
        .replace("Content-Length", &format!("Authorization: {token}\r\nContent-Length"));
    let begun = Instant::now();
    let (sign_in, api, join, archive, upload) = tokio::join!(
        RawClient::ask(at, post(&portal, "/sign-in", form)),
        RawClient::ask(at, post(&portal, "/api/v1/session", "application/json")),
        RawClient::ask(at, post(&table, "/join", "application/json")),
        RawClient::ask(at, archive),
        RawClient::ask(at, post(&table, "/upload", "application/octet-stream")),
    );
    for answer in [sign_in, api, join, archive] {
        assert_eq!(
            (answer.status, answer.headers("connection")),
            (408, vec!["close"]),
            "{}",
            answer.head
        );
    }
    // What is passed on as it comes may be answered by the table before it has come; then, too, nothing is waited for.
    assert_eq!(upload.headers("connection"), ["close"], "{}", upload.head);
    assert!(matches!(upload.status, 200 | 408), "{}", upload.head);
    assert!(begun.elapsed() < Duration::from_secs(18), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn nobody_waits_for_a_table_that_is_not_there() {
    let place = Place::open().await;
    let answer = place.browser().get("/_refractory/waiting/nobody").await;
    assert_eq!(answer.status, 404, "{}", answer.text);
}

#[tokio::test]
async fn one_client_has_so_many_streams_and_no_more() {
    let place = Place::with(|config| config.connections = Some(64)).await;
    friday(&place).await;
    let asked = format!(
        "GET /_refractory/waiting/friday HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        place.at.port()
    );
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut wire = RawClient::open(place.at).await;
        wire.send(&asked).await;
        assert_eq!(wire.head().await.status, 200);
        held.push(wire);
    }
    let more = RawClient::ask(place.at, &asked).await;
    assert_eq!((more.status, more.headers("retry-after")), (503, vec!["60"]));
    drop(held.pop());
    // At the latest with the next beat of its stream, every fifteen seconds, it is noticed that nobody reads on.
    for _ in 0..1_750 {
        let mut wire = RawClient::open(place.at).await;
        wire.send(&asked).await;
        if wire.head().await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a place that was left stays taken");
}

#[tokio::test]
async fn nothing_is_answered_behind_the_last_request() {
    let place = Place::open().await;
    let host = format!("localhost:{}", place.at.port());
    let healthy = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n");
    for first in [
        format!("{healthy}Connection: close\r\n\r\n"),
        format!("{healthy}Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n\r\n"),
    ] {
        let mut wire = RawClient::open(place.at).await;
        wire.send(format!("{first}{healthy}X-Second: 1\r\n\r\n")).await;
        wire.close_own_side().await;
        let said = String::from_utf8_lossy(&wire.take(1 << 20).await).into_owned();
        let answered = said.matches("ok\n").count();
        assert!(answered <= usize::from(first.contains("close")), "{said}");
        assert!(!said.contains("HTTP/1.1 101"), "{said}");
    }
}

#[tokio::test]
async fn there_is_one_answer_however_much_of_a_body_is_not_wanted() {
    let place = Place::open().await;
    let portal = format!("localhost:{}", place.at.port());
    let body = format!("Cookie: planted=1\r\n{}", "x".repeat(300_000));
    let chunked =
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let whole = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    for (host, path, status) in [
        (portal.as_str(), "/nowhere", 404),
        (&portal, "/releases/upload", 303),
        (&portal, "/api/v1/releases", 401),
        (&portal, "/api/v1/session", 413),
        (&portal, "/sign-in", 413),
        (&format!("nobody.{portal}"), "/join", 404),
    ] {
        for body in [&chunked, &whole] {
            let mut wire = RawClient::open(place.at).await;
            let kind = if path.starts_with("/api") {
                "application/json"
            } else {
                "application/x-www-form-urlencoded"
            };
            wire.send(format!(
                "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n{body}"
            ))
            .await;
            let said = String::from_utf8_lossy(&wire.take(1 << 20).await).into_owned();
            assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {said}");
            assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{path}: {said}");
            assert!(said.to_lowercase().contains("\r\nconnection: close\r\n"), "{path}: {said}");
        }
    }
}

#[tokio::test]
async fn requests_that_come_at_once_are_answered_one_by_one() {
    let place = Place::with(|_| ()).await;
    friday(&place).await;
    let port = place.at.port();
    let (portal, table) = (format!("localhost:{port}"), format!("friday.localhost:{port}"));
    let ask = |method: &str, host: &str, path: &str, version: &str, more: &str| {
        format!("{method} {path} HTTP/{version}\r\nHost: {host}\r\n{more}\r\n")
    };
    let healthy = |method: &str, version: &str| {
        ask(method, &portal, "/healthz", version, "Connection: close\r\n")
    };
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n";
    for (first, expected) in [
        (ask("GET", &table, "/join", "1.1", ""), "<!doctype html>"),
        (ask("HEAD", &table, "/join", "1.1", ""), ""),
        (ask("HEAD", &portal, "/sign-in", "1.1", ""), ""),
        (ask("GET", &portal, "/sign-in", "1.1", ""), "<!doctype html>"),
        (ask("POST", &portal, "/sign-in", "1.1", form) + "a=b", "expired"),
        (format!("\r\n{}", ask("GET", &table, "/join", "1.1", "")), "<!doctype html>"),
    ] {
        for (method, version) in [("HEAD", "1.1"), ("GET", "1.1"), ("GET", "1.0")] {
            let mut wire = RawClient::open(place.at).await;
            wire.send(first.clone() + &healthy(method, version)).await;
            let said = String::from_utf8_lossy(&wire.take(1 << 20).await).into_owned();
            let at = said.rfind("HTTP/1.").unwrap();
            let (one, two) = said.split_at(at);
            assert!(one.starts_with("HTTP/1.1 ") && one.contains(expected), "{first}: {said}");
            let body = one.split_once("\r\n\r\n").map(|(_, body)| body).unwrap();
            assert_eq!(body.is_empty(), expected.is_empty(), "{first}: {said}");
            assert!(two.starts_with(&format!("HTTP/{version} 200")), "{first}: {said}");
            assert_eq!(two.ends_with("ok\n"), method == "GET", "{first}: {said}");
        }
    }
}

#[tokio::test]
async fn a_client_of_an_older_version_ends_no_connection_of_others() {
    let place = Place::with(|config| config.threads = 1).await;
    let host = format!("localhost:{}", place.at.port());
    let healthy = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut kept = RawClient::open(place.at).await;
    for _ in 0..5 {
        assert_eq!(RawClient::ask(place.at, "GET /healthz HTTP/1.0\r\n\r\n").await.status, 200);
        kept.send(&healthy).await;
        assert_eq!(kept.answer().await.status, 200);
    }
}

/// As many cookies as a browser keeps for one site.
fn flood(bytes: usize) -> String {
    let pairs = (0..180).map(|n| format!("flood{n}={}", "x".repeat(bytes / 180)));
    pairs.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn too_many_cookies_are_taken_away_and_whoever_is_signed_in_stays_so() {
    let place = Place::with(|config| config.domain = "games.example".to_owned()).await;
    friday_is_there(&place).await;
    for (host, bytes) in
        [("games.example", 200_000), ("games.example", 600_000), ("friday.games.example", 600_000)]
    {
        let asked = format!(
            "GET / HTTP/1.1\r\nHost: {host}\r\nCookie: refractory_session=mine; {}\r\nAccept: text/html\r\n\r\n",
            flood(bytes)
        );
        let answer = RawClient::ask(place.at, asked).await;
        assert_eq!(answer.status, 431, "{}", answer.head);
        assert!(answer.whole && answer.text().contains("Too many cookies"), "{}", answer.text());
        let set = answer.headers("set-cookie");
        for n in 0..180 {
            let gone = |more: &str| {
                set.iter().any(|set| set.starts_with(&format!("flood{n}=; Path=/; {more}")))
            };
            assert!(
                gone("Max-Age=0") && gone("Domain=games.example; Max-Age=0"),
                "flood{n} at {host}"
            );
        }
        assert!(!set.iter().any(|set| set.starts_with("refractory_session=; Path=/; Max-Age")));
    }
    let fine = "GET /healthz HTTP/1.1\r\nHost: games.example\r\n\r\n";
    assert_eq!(RawClient::ask(place.at, fine).await.status, 200);
}

async fn friday_is_there(place: &Place) {
    let new = NewInstance::named(Slug::new("friday").unwrap());
    place.refractory.create(&Principal::operator(), new).await.unwrap();
}

#[tokio::test]
async fn a_table_that_cannot_read_so_many_is_helped() {
    let game = Upstream::answering(
        "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    let place = Place::before(game.address(), |_| ());
    friday(&place).await;
    let host = format!("friday.localhost:{}", place.at.port());
    let asked = |cookie: &str| format!("GET /game HTTP/1.1\r\nHost: {host}\r\n{cookie}\r\n");
    let answer =
        RawClient::ask(place.at, asked(&format!("Cookie: session=s; {}\r\n", flood(20_000)))).await;
    assert_eq!(answer.status, 431);
    let set = answer.headers("set-cookie");
    assert!(set.iter().any(|set| set.starts_with("flood7=; Path=/; Max-Age=0")), "{set:?}");
    assert!(!set.iter().any(|set| set.starts_with("session=; Path=/; Max-Age=0")), "{set:?}");
    let bare = RawClient::ask(place.at, asked("")).await;
    assert!(bare.status == 431 && bare.headers("set-cookie").is_empty(), "its own words");
}

#[tokio::test]
async fn numbers_of_connections_are_told() {
    let place = Place::with(|config| config.connections = Some(77)).await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let text = anna.get("/metrics").await.text;
    assert!(text.contains("refractory_connections_limit 77\n"), "{text}");
    assert!(text.contains("refractory_descriptors_limit "), "{text}");
}

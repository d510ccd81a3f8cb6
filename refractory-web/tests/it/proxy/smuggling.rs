//! Requests that mean one thing here and another there.
use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use testkit::http::{RawClient, Upstream, UpstreamConnection};

use super::house::{House, get, settings};

#[tokio::test]
async fn odd_requests_are_refused_and_never_passed_on() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(upstream.address());
    let huge =
        format!("GET / HTTP/1.1\r\nHost: friday.play.test\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    let many =
        format!("GET / HTTP/1.1\r\nHost: friday.play.test\r\n{}\r\n", "X: y\r\n".repeat(2_000));
    for asked in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: friday.play.test\r\nHost: monday.play.test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: friday.play.test/x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: user@friday.play.test\r\n\r\n",
        "GET http://monday.play.test/ HTTP/1.1\r\nHost: friday.play.test\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "POST / HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: +5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: friday.play.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: friday.play.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : friday.play.test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: friday.play.test\r\n X-Folded: 1\r\n\r\n",
        "GET /socket.io/ HTTP/1.1\r\nHost: friday.play.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /socket.io/ HTTP/1.1\r\nHost: friday.play.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET /socket.io/ HTTP/1.1\r\nHost: friday.play.test\r\nUpgrade: websocket\r\n\r\n",
        "CONNECT friday.play.test:80 HTTP/1.1\r\nHost: friday.play.test:80\r\n\r\n",
        "TRACE / HTTP/1.1\r\nHost: friday.play.test\r\n\r\n",
        &huge,
        &many,
    ] {
        let answer = RawClient::ask(house.address, asked).await;
        let shown: String = asked.chars().take(200).collect();
        assert!(
            matches!(answer.status, 400 | 405 | 408 | 413 | 431),
            "{} for {shown}",
            answer.status
        );
    }
    assert_eq!(upstream.accepted(), 0);
}

#[tokio::test]
async fn the_absolute_form_is_understood_where_it_says_the_same() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(upstream.address());
    let asked = "GET http://friday.play.test/x?y HTTP/1.1\r\nHost: friday.play.test\r\n\r\n";
    assert_eq!(RawClient::ask(house.address, asked).await.status, 200);
    assert!(upstream.last_head().starts_with("GET /x?y HTTP/1.1\r\n"));
}

#[tokio::test]
async fn another_upgrade_than_a_websocket_is_an_ordinary_request() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(upstream.address());
    let asked = get("/").replace(
        "\r\n\r\n",
        "\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    );
    assert_eq!(RawClient::ask(house.address, asked).await.status, 200);
    let head = upstream.last_head();
    assert!(!head.contains("h2c") && !head.contains("http2-settings"), "{head}");
}

/// Answers every request with `ok`, and one for a websocket with 101 and then whatever it hears.
async fn switches_at_once(mut visit: UpstreamConnection) {
    while let Some(head) = visit.head().await {
        if !head.contains("upgrade: websocket") {
            visit.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            continue;
        }
        visit.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").await;
        loop {
            let heard = visit.take(1).await;
            if heard.is_empty() || !visit.send(heard).await {
                return;
            }
        }
    }
}

const SECOND: &str = "GET /second HTTP/1.1\r\nHost: friday.play.test\r\nX-Forwarded-For: 127.0.0.1\r\nConnection: close\r\n\r\n";

/// What comes back for `first` with a second request right behind it, on one connection.
async fn both(house: &House, first: &str) -> String {
    let mut wire = RawClient::open(house.address).await;
    wire.send(format!("{first}{SECOND}")).await;
    wire.close_own_side().await;
    String::from_utf8_lossy(&wire.take(1 << 20).await).into_owned()
}

fn handshake(upgrade: &[String], connection: &[String], more: &str) -> String {
    let lines = |name: &str, values: &[String]| -> String {
        values.iter().flat_map(|value| [name, ":", value, "\r\n"]).collect()
    };
    format!(
        "GET /socket.io/ HTTP/1.1\r\nHost: friday.play.test\r\n{}{}{more}\r\n",
        lines("Upgrade", upgrade),
        lines("Connection", connection)
    )
}

#[tokio::test]
async fn a_list_of_protocols_opens_no_websocket_and_one_of_two_lines_does() {
    let upstream = Upstream::start(switches_at_once).await;
    let house = House::before(upstream.address());
    let upgrade = |values: &[&str]| {
        let values: Vec<_> = values.iter().map(|value| format!(" {value}")).collect();
        handshake(&values, &[" Upgrade".to_owned()], "")
    };
    for list in [&["websocket, h2c"][..], &["h2c, websocket"], &["websocket, websocket"]] {
        let said = both(&house, &upgrade(list)).await;
        assert!(said.starts_with("HTTP/1.1 400 ") && said.contains("connection: close"), "{said}");
        assert!(!said.contains("HTTP/1.1 101"), "{said}");
    }
    for one in [&["websocket"][..], &["websocket", "websocket"], &["h2c", "websocket"]] {
        let said = both(&house, &upgrade(one)).await;
        assert!(said.starts_with("HTTP/1.1 101 ") && said.ends_with(SECOND), "{said}");
    }
    let heads = upstream.heads();
    let tunnels = heads.iter().filter(|head| head.contains("upgrade: websocket")).count();
    assert_eq!(tunnels, 3, "{heads:?}");
}

#[tokio::test]
async fn no_body_is_no_body_and_a_body_is_refused() {
    let upstream = Upstream::start(switches_at_once).await;
    let house = House::before(upstream.address());
    let with = |more: &str| handshake(&[" websocket".to_owned()], &[" Upgrade".to_owned()], more);
    let said = both(&house, &with("Content-Length: 0\r\n")).await;
    assert!(said.starts_with("HTTP/1.1 101 ") && said.ends_with(SECOND), "{said}");
    assert!(!upstream.last_head().contains("content-length"), "{}", upstream.last_head());
    for body in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        let said = both(&house, &with(body)).await;
        assert!(said.starts_with("HTTP/1.1 400 ") && !said.contains("HTTP/1.1 101"), "{said}");
    }
    let heads = upstream.heads();
    let tunnels = heads.iter().filter(|head| head.contains("upgrade: websocket")).count();
    assert_eq!(tunnels, 1, "{heads:?}");
}

#[tokio::test]
async fn nobody_can_take_away_what_a_request_needs() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let mut settings = settings();
    settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let house = House::with(settings, upstream.address());
    for name in [
        "host",
        "Content-Length",
        "content-type",
        "cookie",
        "authorization",
        "origin",
        "x-forwarded-for",
    ] {
        let asked = format!(
            "POST / HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: 2\r\nContent-Type: text/plain\r\nCookie: a=b\r\n\
             Authorization: Basic eA==\r\nOrigin: https://friday.play.test\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: {name}\r\n\r\nhi"
        );
        assert_eq!(RawClient::ask(house.address, asked).await.status, 200, "{name}");
        let head = upstream.last_head();
        for kept in [
            "host: friday.play.test\r\n",
            "content-length: 2\r\n",
            "content-type: text/plain\r\n",
            "cookie: a=b\r\n",
            "authorization: Basic eA==\r\n",
            "origin: https://friday.play.test\r\n",
            "x-forwarded-for: 6.6.6.6, 127.0.0.1\r\n",
        ] {
            assert!(head.contains(kept), "without {kept} for {name}: {head}");
        }
    }
}

fn spellings(words: &'static [&'static str], lines: usize) -> impl Strategy<Value = Vec<String>> {
    let space = prop::sample::select(&["", " ", "\t", " \t"][..]);
    let word = (space.clone(), prop::sample::select(words), any::<bool>(), space);
    let word = word.prop_map(|(before, word, upper, after)| {
        let word = if upper { word.to_ascii_uppercase() } else { word.to_owned() };
        format!("{before}{word}{after}")
    });
    let line = prop::collection::vec(word, 1..3).prop_map(|words| words.join(","));
    prop::collection::vec(line, 1..=lines)
}

/// Whatever a handshake looks like: behind a 101 there are the bytes of the tunnel and nothing else, and no table sees a
/// second request; behind any other answer there is no 101.
#[test]
fn behind_101_there_is_never_another_answer() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let upstream = runtime.block_on(Upstream::start(switches_at_once));
    let house = House::before(upstream.address());
    let spelled = (
        spellings(&["websocket", "websocket", "h2c", "", "websocket/13"], 2),
        spellings(
            &["upgrade", "upgrade", "keep-alive", "close", "host", "upgrade, http2-settings"],
            2,
        ),
        prop::sample::select(
            &[
                "",
                "",
                "Content-Length: 0\r\n",
                "Content-Length: 3\r\n",
                "Transfer-Encoding: chunked\r\n",
            ][..],
        ),
    );
    let mut runner = TestRunner::new(ProptestConfig::with_cases(300));
    let opened = Cell::new(0);
    runner
        .run(&spelled, |(upgrade, connection, more)| {
            let first = handshake(&upgrade, &connection, more);
            let seen = upstream.heads().len();
            let said = runtime.block_on(both(&house, &first));
            let heads = upstream.heads();
            if said.starts_with("HTTP/1.1 101 ") {
                opened.set(opened.get() + 1);
                let (_, behind) = said.split_once("\r\n\r\n").unwrap();
                prop_assert_eq!(behind, SECOND, "{}", first);
                prop_assert_eq!(heads.len(), seen + 1, "{}", first);
            } else {
                prop_assert!(!said.contains("HTTP/1.1 101"), "{}{}", first, said);
                prop_assert!(
                    !heads[seen..].iter().any(|head| head.contains("upgrade: websocket")),
                    "{}",
                    first
                );
            }
            Ok(())
        })
        .unwrap();
    let opened = opened.get();
    assert!(opened > 20, "only {opened} of the handshakes were proper ones");
}

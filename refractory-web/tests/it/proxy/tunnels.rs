//! Upgraded connections.
use std::net::SocketAddr;
use std::time::Duration;

use testkit::http::{Misbehavior, RawClient, Upstream, UpstreamConnection};

use super::house::{House, asleep, awake, resident, settings, until, upgrade};

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat\r\n\r\nearly";

/// Switches, then answers every five bytes with the same five.
async fn echo(mut visit: UpstreamConnection) {
    visit.head().await;
    visit.send(SWITCH).await;
    loop {
        let piece = visit.take(5).await;
        if piece.is_empty() || !visit.send(piece).await {
            break;
        }
    }
    visit.send("farewell").await;
}

async fn connected(address: SocketAddr) -> RawClient {
    let mut wire = RawClient::open(address).await;
    wire.send(upgrade("/socket.io/?EIO=4&transport=websocket")).await;
    let head = wire.head().await;
    assert_eq!(head.status, 101, "{}", head.head);
    wire
}

#[tokio::test]
async fn bytes_pass_both_ways_with_the_heads_of_both_sides() {
    let upstream = Upstream::start(echo).await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send(upgrade("/socket.io/?a=%20b")).await;
    wire.send("hello").await;
    let head = wire.head().await;
    assert_eq!(head.status, 101);
    assert_eq!(head.headers("sec-websocket-accept"), ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]);
    assert_eq!(head.headers("sec-websocket-extensions"), ["permessage-deflate"]);
    assert_eq!(head.headers("sec-websocket-protocol"), ["chat"]);
    assert_eq!(head.headers("upgrade"), ["websocket"]);
    assert!(
        head.headers("content-length").is_empty() && head.headers("transfer-encoding").is_empty()
    );
    assert_eq!(wire.take(10).await, b"earlyhello");
    wire.send("again").await;
    assert_eq!(wire.take(5).await, b"again");
    let asked = upstream.last_head();
    assert!(asked.starts_with("GET /socket.io/?a=%20b HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "{asked}");
    assert!(asked.contains("x-forwarded-for: 127.0.0.1\r\n"), "{asked}");
}

#[tokio::test]
async fn a_side_that_has_said_all_still_hears_the_other() {
    let upstream = Upstream::start(echo).await;
    let house = House::before(upstream.address());
    let mut wire = connected(house.address).await;
    wire.send("hello").await;
    wire.close_own_side().await;
    assert_eq!(wire.take(18).await, b"earlyhellofarewell");
    assert!(wire.is_closed().await);
    until("nothing is open", || upstream.open() == 0 && house.edge.open() == 0).await;
}

#[tokio::test]
async fn an_instance_that_ends_ends_its_connections() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        visit.send(SWITCH).await;
        visit.take(1).await;
    })
    .await;
    let house = House::before(upstream.address());
    let mut wire = connected(house.address).await;
    assert_eq!(wire.take(5).await, b"early");
    wire.send("x").await;
    assert!(wire.is_closed().await);
    until("nothing is open", || house.edge.open() == 0).await;
}

#[tokio::test]
async fn connections_are_counted_and_end_with_their_instance() {
    let upstream = Upstream::misbehaving(Misbehavior::SwitchesThenSilent).await;
    let house = House::before(upstream.address());
    let mut wires = Vec::new();
    for _ in 0..3 {
        wires.push(connected(house.address).await);
    }
    let route = house.edge.routes().by_slug("friday").unwrap();
    assert_eq!((route.connections.open(), house.edge.open()), (3, 3));
    assert_eq!(house.edge.routes().open(), [(route.id.clone(), 3)]);
    house.tell(&awake("friday", upstream.address()));
    assert_eq!(route.connections.open(), 3, "the same place is the same place");
    house.tell(&asleep("friday"));
    for wire in &mut wires {
        assert!(wire.is_closed().await);
    }
    until("nothing is open", || route.connections.open() == 0 && upstream.open() == 0).await;
}

#[tokio::test]
async fn connections_end_when_their_instance_is_elsewhere() {
    let (old, new) =
        (Upstream::misbehaving(Misbehavior::SwitchesThenSilent).await, Upstream::start(echo).await);
    let house = House::before(old.address());
    let mut wire = connected(house.address).await;
    house.tell(&awake("friday", new.address()));
    assert!(wire.is_closed().await);
    assert_eq!(connected(house.address).await.take(5).await, b"early");
    house.forget(&awake("friday", new.address()));
    until("nothing is open", || house.edge.open() == 0 && old.open() == 0).await;
}

#[tokio::test]
async fn whoever_shuts_down_need_not_wait_for_anybody() {
    let upstream = Upstream::misbehaving(Misbehavior::SwitchesThenSilent).await;
    let house = House::before(upstream.address());
    let mut wire = connected(house.address).await;
    house.edge.close_connections();
    assert!(wire.is_closed().await);
    until("nothing is open", || house.edge.open() == 0 && upstream.open() == 0).await;
}

#[tokio::test]
async fn a_table_takes_so_many_connections_and_no_more() {
    let upstream = Upstream::misbehaving(Misbehavior::SwitchesThenSilent).await;
    let mut settings = settings();
    settings.tunnels_per_instance = 2;
    let house = House::with(settings, upstream.address());
    let first = connected(house.address).await;
    let _second = connected(house.address).await;
    let third = RawClient::ask(house.address, upgrade("/")).await;
    assert_eq!((third.status, third.headers("retry-after")), (503, vec!["30"]));
    drop(first);
    until("a place is free", || house.edge.open() == 1).await;
    let _again = connected(house.address).await;
}

#[tokio::test]
async fn a_connection_on_which_nothing_happens_is_closed() {
    let upstream = Upstream::misbehaving(Misbehavior::SwitchesThenSilent).await;
    let mut settings = settings();
    settings.timeouts.tunnel = Some(Duration::from_millis(300));
    let house = House::with(settings, upstream.address());
    assert!(connected(house.address).await.is_closed().await);
    until("nothing is open", || house.edge.open() == 0 && upstream.open() == 0).await;
}

#[tokio::test]
async fn an_instance_may_refuse_an_upgrade_in_its_own_words() {
    let upstream = Upstream::answering(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\nX-Why: y\r\n\r\nnope",
    )
    .await;
    let house = House::before(upstream.address());
    let answer = RawClient::ask(house.address, upgrade("/socket.io/")).await;
    assert_eq!(
        (answer.status, answer.text().as_str(), answer.headers("x-why")),
        (400, "nope", vec!["y"])
    );
    until("nothing is open", || house.edge.open() == 0 && upstream.open() == 0).await;
}

#[tokio::test]
async fn a_client_that_vanishes_is_forgotten() {
    let upstream = Upstream::misbehaving(Misbehavior::SwitchesThenSilent).await;
    let house = House::before(upstream.address());
    connected(house.address).await.reset();
    until("nothing is open", || house.edge.open() == 0 && upstream.open() == 0).await;
}

#[tokio::test]
async fn an_instance_that_stops_reading_stops_its_client() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        visit.send(SWITCH).await;
        std::future::pending::<()>().await;
    })
    .await;
    let house = House::before(upstream.address());
    let mut wire = connected(house.address).await;
    let before = resident();
    let flood = vec![b'x'; 1 << 16];
    let flooding = async {
        for _ in 0..4_096 {
            wire.send(&flood).await;
        }
    };
    let stopped = tokio::time::timeout(Duration::from_secs(1), flooding).await.is_err();
    let grown = resident().saturating_sub(before);
    assert!(stopped && grown < 16 << 20, "{grown} bytes are held for somebody who does not read");
}

#[tokio::test]
async fn a_thousand_idle_connections_are_cheap_and_none_is_lost() {
    const MANY: usize = 1_000;
    let upstream = Upstream::start(echo).await;
    let house = House::before(upstream.address());
    let warm = connected(house.address).await;
    let before = resident();
    let mut wires = vec![warm];
    while wires.len() < MANY {
        wires.push(connected(house.address).await);
    }
    until("all are open", || house.edge.open() == MANY).await;
    // Both ends of every connection live in this process: a client, an upstream, and the edge between.
    let each = resident().saturating_sub(before) / MANY;
    assert!(each < 64 * 1024, "{each} bytes for each");
    for wire in &mut wires {
        wire.send("alive").await;
    }
    for wire in &mut wires {
        assert_eq!(wire.take(10).await, b"earlyalive");
    }
    drop(wires);
    until("nothing is open", || house.edge.open() == 0 && upstream.open() == 0).await;
}

//! Upstreams with bad manners.
use std::net::SocketAddr;
use std::time::Duration;

use testkit::http::{Misbehavior, RawClient, Upstream};
use tokio::net::TcpSocket;
use tokio::time::Instant;

use super::house::{House, browse, get, impatient, resident, until, upgrade};

async fn answered(manner: Misbehavior) -> testkit::http::RawResponse {
    let upstream = Upstream::misbehaving(manner).await;
    let house = House::with(impatient(), upstream.address());
    let answer = RawClient::ask(house.address, browse("/")).await;
    until("the upstream is let go", || upstream.open() == 0).await;
    answer
}

#[tokio::test]
async fn what_breaks_before_it_answers_is_a_page_with_an_id() {
    for manner in [Misbehavior::HangsUp, Misbehavior::Garbage, Misbehavior::SwitchesThenSilent] {
        let answer = answered(manner).await;
        assert_eq!(answer.status, 502, "{manner:?}");
        assert_eq!(answer.headers("cache-control"), ["no-store"]);
        assert!(answer.text().contains("friday stopped responding."), "{}", answer.text());
    }
}

#[tokio::test]
async fn what_never_answers_is_given_up() {
    for manner in [Misbehavior::Silent, Misbehavior::SlowHead(Duration::from_millis(50))] {
        let begun = Instant::now();
        let answer = answered(manner).await;
        assert_eq!(answer.status, 504, "{manner:?}");
        assert!(answer.text().contains("friday isn&#39;t responding."), "{}", answer.text());
        assert!(begun.elapsed() < Duration::from_secs(5), "{manner:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_not_passed_off_as_whole() {
    for manner in [
        Misbehavior::ResetsMidBody,
        Misbehavior::ResetsMidChunk,
        Misbehavior::Overpromises,
        Misbehavior::Stalls,
    ] {
        let answer = answered(manner).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "0123456789"), "{manner:?}");
        assert!(!answer.whole, "{manner:?}");
    }
}

#[tokio::test]
async fn an_answer_of_unknown_length_ends_where_its_sender_does() {
    let upstream = Upstream::misbehaving(Misbehavior::HalfCloses).await;
    let house = House::before(upstream.address());
    let answer = RawClient::ask(house.address, get("/")).await;
    assert_eq!((answer.status, answer.text().as_str(), answer.whole), (200, "half", true));
}

#[tokio::test]
async fn bytes_beyond_an_answer_never_become_the_next_one() {
    let upstream = Upstream::misbehaving(Misbehavior::Oversends).await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    for _ in 0..3 {
        wire.send(get("/")).await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "0123456789"));
    }
}

#[tokio::test]
async fn an_endless_answer_ends_with_whoever_reads_it() {
    let upstream = Upstream::misbehaving(Misbehavior::Endless).await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send(get("/")).await;
    assert_eq!(wire.take(1 << 20).await.len(), 1 << 20);
    drop(wire);
    until("the upstream is let go", || upstream.open() == 0).await;
}

#[tokio::test]
async fn a_reader_that_stops_stops_the_writer() {
    let upstream = Upstream::misbehaving(Misbehavior::Endless).await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send(get("/")).await;
    wire.head().await;
    let before = resident();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes are held for somebody who does not read");
}

#[tokio::test]
async fn a_client_that_gives_up_takes_its_question_with_it() {
    let upstream = Upstream::misbehaving(Misbehavior::Silent).await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send("POST / HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: 100\r\n\r\nhalf").await;
    until("the question arrives", || upstream.open() == 1).await;
    wire.reset();
    until("the upstream is let go", || upstream.open() == 0).await;
}

#[tokio::test]
async fn a_client_that_stops_sending_is_told() {
    let upstream = Upstream::misbehaving(Misbehavior::Silent).await;
    let house = House::with(impatient(), upstream.address());
    let asked = "POST / HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: 100\r\n\r\nhalf";
    let answer = RawClient::ask(house.address, asked).await;
    assert!(matches!(answer.status, 408 | 504), "{}", answer.status);
    until("the upstream is let go", || upstream.open() == 0).await;
}

#[tokio::test]
async fn an_early_answer_reaches_a_client_that_is_still_sending() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        visit.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig").await;
        visit.until_closed().await;
    })
    .await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send("POST / HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: 1000000\r\n\r\n").await;
    wire.send(vec![b'x'; 100_000]).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.text().as_str()), (413, "big"));
    drop(wire);
    until("the upstream is let go", || upstream.open() == 0).await;
}

#[tokio::test]
async fn scenario_23_reconnecting_to_a_dead_backend_leaks_nothing() {
    const TRIES: usize = 10_000;
    // Bound and not listening: no one else gets the port, and every connection is refused.
    let bound = TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let dead = bound.local_addr().unwrap();
    let house = House::before(dead);
    knock(house.address, 50).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = open_files();
    for _ in 0..TRIES / 50 {
        knock(house.address, 50).await;
    }
    until("every connection is closed", || open_files() <= before + 20).await;
    assert_eq!(house.edge.open(), 0);
}

/// Asks `count` times at once for an upgrade that cannot be had.
async fn knock(address: SocketAddr, count: usize) {
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..count {
        let asked = upgrade("/socket.io/?EIO=4&transport=websocket");
        asking.spawn(async move { RawClient::ask(address, asked).await.status });
    }
    assert!(asking.join_all().await.into_iter().all(|status| status == 502));
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

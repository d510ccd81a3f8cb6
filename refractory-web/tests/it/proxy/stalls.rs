//! How long the edge waits: for what stands still, and never for what moves or may be silent.
use std::time::Duration;

use testkit::http::{Misbehavior, RawClient, Upstream};
use tokio::time::{Instant, sleep};

use super::house::{House, asleep, awake, browse, get, impatient, until, upgrade};

/// Less than anything in [`impatient`] waits, and more in sum.
const STEP: Duration = Duration::from_millis(250);
const STEPS: usize = 5;

const PAGE: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 1000\r\n\r\n";
const EVENTS: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

#[tokio::test]
async fn a_page_whose_words_never_come_becomes_a_page_that_says_so() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        visit.send(PAGE).await;
        visit.until_closed().await;
    })
    .await;
    let house = House::with(impatient(), upstream.address());
    let begun = Instant::now();
    let answer = RawClient::ask(house.address, browse("/game")).await;
    assert_eq!(answer.status, 504);
    assert!(
        answer.whole && answer.text().contains("friday isn&#39;t responding."),
        "{}",
        answer.text()
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
    until("the upstream is let go", || upstream.open() == 0).await;
}

#[tokio::test]
async fn a_page_with_words_is_passed_on_with_the_first_of_them() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        visit.send(PAGE.replace("1000", "10")).await;
        visit.send("hello").await;
        // The rest is only sent once someone has seen the first piece.
        visit.head().await;
        visit.send("world").await;
    })
    .await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send(browse("/game")).await;
    assert_eq!(wire.head().await.headers("content-length"), ["10"]);
    assert_eq!(wire.take(5).await, b"hello");
}

#[tokio::test]
async fn an_empty_page_is_an_empty_page() {
    let empty = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n";
    let upstream = Upstream::answering(empty).await;
    let house = House::before(upstream.address());
    for _ in 0..2 {
        let answer = RawClient::ask(house.address, browse("/")).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, ""));
    }
    assert_eq!(upstream.accepted(), 1, "the connection is good for another");
}

#[tokio::test]
async fn programs_are_told_of_a_silent_table_in_their_own_way() {
    let upstream = Upstream::misbehaving(Misbehavior::Silent).await;
    let house = House::with(impatient(), upstream.address());
    let asked = "GET /api/status HTTP/1.1\r\nHost: friday.play.test\r\n\r\n";
    let answer = RawClient::ask(house.address, asked).await;
    assert_eq!((answer.status, answer.headers("retry-after")), (504, vec!["5"]));
    assert!(answer.text().contains(r#""error":"failed""#), "{}", answer.text());
}

#[tokio::test]
async fn a_download_that_moves_may_take_longer_than_any_wait() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        visit.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").await;
        for _ in 0..STEPS {
            sleep(STEP).await;
            visit.send("x").await;
        }
    })
    .await;
    let house = House::with(impatient(), upstream.address());
    let answer = RawClient::ask(house.address, get("/packs/world.zip")).await;
    assert_eq!((answer.text().as_str(), answer.whole), ("xxxxx", true));
}

#[tokio::test]
async fn an_upload_that_moves_may_take_longer_than_any_wait() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        let body = visit.take(STEPS).await;
        visit.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())).await;
        visit.send(body).await;
    })
    .await;
    let house = House::with(impatient(), upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send("POST /upload HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: 5\r\n\r\n").await;
    for _ in 0..STEPS {
        sleep(STEP).await;
        wire.send("x").await;
    }
    assert_eq!(wire.answer().await.text(), "xxxxx");
}

#[tokio::test]
async fn a_stream_of_events_may_have_nothing_to_tell() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        visit.send(EVENTS).await;
        sleep(STEP * 6).await;
        visit.send("data: late\n\n").await;
        visit.until_closed().await;
    })
    .await;
    let house = House::with(impatient(), upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send(get("/events")).await;
    assert_eq!(wire.head().await.status, 200);
    assert_eq!(wire.take(17).await, b"C\r\ndata: late\n\n\r\n");
}

#[tokio::test]
async fn a_stream_of_events_without_a_listener_is_let_go_in_time() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        visit.send(EVENTS).await;
        visit.until_closed().await;
    })
    .await;
    let mut settings = impatient();
    settings.timeouts.tunnel = Some(STEP * 2);
    let house = House::with(settings, upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send(get("/events")).await;
    assert_eq!(wire.head().await.status, 200);
    drop(wire);
    until("the upstream is let go", || upstream.open() == 0).await;
}

#[tokio::test]
async fn a_stream_of_events_ends_with_its_table() {
    for gone in [asleep("friday"), awake("friday", ([127, 0, 0, 1], 9).into())] {
        let upstream = Upstream::start(|mut visit| async move {
            visit.head().await;
            visit.send(EVENTS).await;
            visit.until_closed().await;
        })
        .await;
        let house = House::before(upstream.address());
        let mut wire = RawClient::open(house.address).await;
        wire.send(get("/events")).await;
        assert_eq!(wire.head().await.status, 200);
        house.tell(&gone);
        assert!(wire.is_closed().await);
        until("the upstream is let go", || upstream.open() == 0).await;
    }
}

#[tokio::test]
async fn a_quiet_socket_outlives_every_other_wait() {
    let upstream = Upstream::misbehaving(Misbehavior::SwitchesThenSilent).await;
    let mut settings = impatient();
    settings.timeouts.tunnel = None;
    let house = House::with(settings, upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send(upgrade("/socket.io/?EIO=4&transport=websocket")).await;
    assert_eq!(wire.head().await.status, 101);
    sleep(STEP * 6).await;
    assert_eq!((house.edge.open(), upstream.open()), (1, 1));
    drop(wire);
    until("nothing is open", || house.edge.open() == 0 && upstream.open() == 0).await;
}

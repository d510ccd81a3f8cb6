//! What goes in comes out, byte for byte.
use testkit::http::{RawClient, Upstream};

use super::house::{House, get};

#[tokio::test]
async fn an_answer_arrives_as_it_was_sent() {
    let upstream = Upstream::answering(
        "HTTP/1.1 203 Odd\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\nETag: \"x\"\r\nDate: Sun, 01 Jan 2023 00:00:00 GMT\r\n\
         Cache-Control: public, max-age=9\r\nX-Two: a\r\nX-Two: b\r\n\r\n\x1f\x00\x01\x02\x03",
    )
    .await;
    let house = House::before(upstream.address());
    let answer = RawClient::ask(house.address, get("/a%20b/%E2%98%83?x=%2F&y=a+b&&")).await;
    assert_eq!(answer.status, 203);
    assert_eq!(answer.body, b"\x1f\x00\x01\x02\x03");
    assert_eq!(answer.headers("content-length"), ["5"]);
    assert_eq!(answer.headers("content-encoding"), ["gzip"]);
    assert_eq!(answer.headers("x-two"), ["a", "b"]);
    assert_eq!(answer.headers("date"), ["Sun, 01 Jan 2023 00:00:00 GMT"]);
    assert_eq!(answer.headers("cache-control"), ["public, max-age=9"]);
    let asked = upstream.last_head();
    assert!(asked.starts_with("GET /a%20b/%E2%98%83?x=%2F&y=a+b&& HTTP/1.1\r\n"), "{asked}");
}

#[tokio::test]
async fn answers_without_a_body_keep_their_lengths() {
    let upstream = Upstream::start(|mut visit| async move {
        while let Some(head) = visit.head().await {
            let answer = match head.split(' ').nth(1) {
                Some("/none") => "HTTP/1.1 204 No Content\r\n\r\n",
                Some("/same") => {
                    "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 77\r\n\r\n"
                }
                Some("/empty") => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                _ => "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n",
            };
            visit.send(answer).await;
        }
    })
    .await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send("HEAD /big HTTP/1.1\r\nHost: friday.play.test\r\n\r\n").await;
    assert_eq!(wire.head().await.headers("content-length"), ["12345"]);
    wire.send(get("/none")).await;
    let none = wire.answer().await;
    assert_eq!((none.status, none.headers("content-length").len()), (204, 0));
    assert!(none.headers("transfer-encoding").is_empty());
    wire.send(get("/same")).await;
    let same = wire.answer().await;
    assert_eq!((same.status, same.headers("content-length")), (304, vec!["77"]));
    wire.send(get("/empty")).await;
    assert_eq!(wire.answer().await.headers("content-length"), ["0"]);
    wire.send("HEAD /big HTTP/1.1\r\nHost: friday.play.test\r\n\r\n").await;
    assert_eq!(wire.head().await.status, 200);
    assert_eq!(upstream.accepted(), 1, "one connection serves them all");
}

#[tokio::test]
async fn chunks_are_streamed_and_trailers_dropped() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        visit
            .send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\none\r\n",
            )
            .await;
        // The rest is only sent once someone has seen the first piece.
        visit.head().await;
        visit.send("3\r\ntwo\r\n0\r\nX-T: secret\r\n\r\n").await;
    })
    .await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send(get("/")).await;
    let head = wire.head().await;
    assert_eq!(head.headers("transfer-encoding"), ["chunked"]);
    assert!(head.headers("trailer").is_empty());
    assert_eq!(wire.take(8).await, b"3\r\none\r\n");
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_no_chunks() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n",
    )
    .await;
    let house = House::before(upstream.address());
    let asked = "GET / HTTP/1.0\r\nHost: friday.play.test\r\n\r\n";
    let answer = RawClient::ask(house.address, asked).await;
    assert!(answer.headers("transfer-encoding").is_empty(), "{}", answer.head);
    assert_eq!(answer.text(), "onetwo");
}

#[tokio::test]
async fn a_large_upload_passes_through_and_is_answered() {
    const SIZE: usize = 24 << 20;
    let upstream = Upstream::start(|mut visit| async move {
        while visit.head().await.is_some() {
            let body = visit.take(SIZE).await;
            let sum = body.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
            let said = format!("{} {sum}", body.len());
            visit
                .send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{said}", said.len()))
                .await;
        }
    })
    .await;
    let house = House::before(upstream.address());
    let body: Vec<u8> = (0..SIZE).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let sum = body.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
    let mut wire = RawClient::open(house.address).await;
    wire.send(format!(
        "POST /upload HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: {SIZE}\r\n\r\n"
    ))
    .await;
    wire.send(&body).await;
    assert_eq!(wire.answer().await.text(), format!("{SIZE} {sum}"));
    let asked = upstream.last_head();
    assert!(asked.contains(&format!("content-length: {SIZE}\r\n")), "{asked}");
    assert!(!asked.contains("transfer-encoding"), "{asked}");
}

#[tokio::test]
async fn a_chunked_upload_stays_chunked_and_is_asked_for_when_it_is_expected() {
    let upstream = Upstream::start(|mut visit| async move {
        visit.head().await;
        let body = visit.take(b"5\r\nhello\r\n0\r\n\r\n".len()).await;
        visit.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())).await;
        visit.send(body).await;
    })
    .await;
    let house = House::before(upstream.address());
    let mut wire = RawClient::open(house.address).await;
    wire.send("POST /upload HTTP/1.1\r\nHost: friday.play.test\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(wire.head().await.status, 100);
    wire.send("5\r\nhello\r\n0\r\n\r\n").await;
    assert_eq!(wire.answer().await.text(), "5\r\nhello\r\n0\r\n\r\n");
    assert!(!upstream.last_head().contains("expect"), "asked for by now");
}

#[tokio::test]
async fn a_connection_that_went_stale_is_replaced_unnoticed() {
    let upstream = Upstream::misbehaving(testkit::http::Misbehavior::ResetsWhenReused).await;
    let house = House::before(upstream.address());
    for _ in 0..6 {
        assert_eq!(RawClient::ask(house.address, get("/")).await.text(), "ok");
    }
}

#[tokio::test]
async fn a_question_that_changes_something_is_not_asked_twice() {
    let upstream = Upstream::misbehaving(testkit::http::Misbehavior::ResetsWhenReused).await;
    let house = House::before(upstream.address());
    let post = "POST /roll HTTP/1.1\r\nHost: friday.play.test\r\nContent-Length: 2\r\n\r\nd6";
    assert_eq!(RawClient::ask(house.address, get("/")).await.status, 200);
    assert_eq!(RawClient::ask(house.address, post).await.status, 502);
    let posts = upstream.heads().iter().filter(|head| head.starts_with("POST")).count();
    assert_eq!(posts, 1);
}

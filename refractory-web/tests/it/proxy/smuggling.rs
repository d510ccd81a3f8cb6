//! Requests that mean one thing here and another there.
use testkit::http::{Upstream, Wire};

use super::house::{House, get};

#[tokio::test]
async fn odd_requests_are_refused_and_never_passed_on() {
    let upstream = Upstream::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
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
        let answer = Wire::ask(house.address, asked).await;
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
    let upstream = Upstream::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(upstream.address());
    let asked = "GET http://friday.play.test/x?y HTTP/1.1\r\nHost: friday.play.test\r\n\r\n";
    assert_eq!(Wire::ask(house.address, asked).await.status, 200);
    assert!(upstream.last_head().starts_with("GET /x?y HTTP/1.1\r\n"));
}

#[tokio::test]
async fn another_upgrade_than_a_websocket_is_an_ordinary_request() {
    let upstream = Upstream::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(upstream.address());
    let asked = get("/").replace(
        "\r\n\r\n",
        "\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    );
    assert_eq!(Wire::ask(house.address, asked).await.status, 200);
    let head = upstream.last_head();
    assert!(!head.contains("h2c") && !head.contains("http2-settings"), "{head}");
}

//! Cookies on both sides of the edge.
use refractory_core::Addressing;
use testkit::http::{RawClient, Upstream};

use super::house::{House, get, settings};

const SETS: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: session=1; Path=/; SameSite=Strict\r\n\
     Set-Cookie: other=2; Domain=play.test\r\nSet-Cookie: refractory_session=evil; Domain=.play.test\r\nClear-Site-Data: \"cookies\"\r\n\r\n";

#[tokio::test]
async fn the_portals_session_stays_with_the_portal() {
    let upstream = Upstream::answering(SETS).await;
    let house = House::before(upstream.address());
    let asked = get("/").replace(
        "\r\n\r\n",
        "\r\nCookie: a=1; refractory_session=SECRET\r\nCookie: refractory_session=SECRET\r\n\r\n",
    );
    let answer = RawClient::ask(house.address, asked).await;
    let head = upstream.last_head();
    assert!(!head.contains("SECRET"), "{head}");
    assert!(head.contains("cookie: a=1\r\n"), "{head}");
    assert_eq!(answer.headers("set-cookie"), ["session=1; Path=/; SameSite=Strict", "other=2"]);
    assert!(answer.headers("clear-site-data").is_empty());
}

#[tokio::test]
async fn tables_under_one_host_keep_their_cookies_to_their_paths() {
    let upstream = Upstream::answering(SETS).await;
    let mut settings = settings();
    settings.addressing = Addressing::new("play.test", 80, false).by_path(true);
    let house = House::with(settings, upstream.address());
    let asked = "GET /friday/join?x=1 HTTP/1.1\r\nHost: play.test\r\n\r\n";
    let answer = RawClient::ask(house.address, asked).await;
    assert_eq!(
        answer.headers("set-cookie"),
        ["session=1; SameSite=Strict; Path=/friday", "other=2; Path=/friday"]
    );
    assert!(upstream.last_head().starts_with("GET /friday/join?x=1 HTTP/1.1\r\n"));
    let portal =
        RawClient::ask(house.address, "GET /tables HTTP/1.1\r\nHost: play.test\r\n\r\n").await;
    assert_eq!(portal.text(), "portal");
}

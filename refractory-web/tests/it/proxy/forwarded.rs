//! What an instance learns of who asks.
use testkit::http::{RawClient, Upstream};

use super::house::{House, settings};

fn lines(head: &str, name: &str) -> Vec<String> {
    let pairs = head.lines().filter_map(|line| line.split_once(": "));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).collect()
}

const ASKED: &str = "GET / HTTP/1.1\r\nHost: Friday.play.test:8443\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: gopher\r\n\
     X-Forwarded-Host: evil.test\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\n\
     Keep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: Basic eA==\r\nAuthorization: Bearer x\r\nX-Keep: a\r\nX-Keep: b\r\n\r\n";

#[tokio::test]
async fn a_stranger_is_not_believed_and_the_host_is_left_alone() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(upstream.address());
    assert_eq!(RawClient::ask(house.address, ASKED).await.status, 200);
    let head = upstream.last_head();
    assert_eq!(lines(&head, "host"), ["Friday.play.test:8443"]);
    assert_eq!(lines(&head, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(lines(&head, "x-forwarded-proto"), ["https"]);
    assert_eq!(lines(&head, "x-forwarded-host"), ["Friday.play.test:8443"]);
    assert_eq!(lines(&head, "authorization"), ["Bearer x"]);
    assert_eq!(lines(&head, "x-keep"), ["a", "b"]);
    for gone in [
        "forwarded",
        "x-real-ip",
        "x-mine",
        "keep-alive",
        "te",
        "proxy-authorization",
        "connection",
    ] {
        assert!(lines(&head, gone).is_empty(), "{gone} in {head}");
    }
}

#[tokio::test]
async fn a_trusted_proxy_is_believed() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let mut settings = settings();
    settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let house = House::with(settings, upstream.address());
    assert_eq!(RawClient::ask(house.address, ASKED).await.status, 200);
    let head = upstream.last_head();
    assert_eq!(lines(&head, "x-forwarded-for"), ["6.6.6.6, 127.0.0.1"]);
    assert_eq!(lines(&head, "x-forwarded-proto"), ["gopher"]);
    assert_eq!(lines(&head, "x-forwarded-host"), ["evil.test"]);
}

#[tokio::test]
async fn who_a_proxy_signed_in_is_no_business_of_a_table() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let mut trusting = settings();
    trusting.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    for settings in [settings(), trusting] {
        let house = House::with(settings, upstream.address());
        let asked = "GET / HTTP/1.1\r\nHost: friday.play.test\r\nRemote-User: SECRET\r\nRemote-Groups: SECRET\r\nRemote_User: SECRET\r\n\
            X-Remote-User: SECRET\r\nX_Remote_User: SECRET\r\nX-Forwarded-User: SECRET\r\nX-Forwarded-Access-Token: SECRET\r\n\
            X-Auth-Request-Email: SECRET\r\nX-Authentik-Username: SECRET\r\nX-WEBAUTH-USER: SECRET\r\nX_WEBAUTH_USER: SECRET\r\n\
            Cf-Access-Jwt-Assertion: SECRET\r\nX-Amzn-Oidc-Data: SECRET\r\nTailscale-User-Login: SECRET\r\nTailscale_User_Name: SECRET\r\n\
            Remote-Name: SECRET\r\nRemote-Email: SECRET\r\nX-Requested-With: XMLHttpRequest\r\nX-Amz-Date: kept\r\n\r\n";
        assert_eq!(RawClient::ask(house.address, asked).await.status, 200);
        let head = upstream.last_head();
        assert!(!head.contains("SECRET"), "{head}");
        assert_eq!(lines(&head, "x-requested-with"), ["XMLHttpRequest"]);
        assert_eq!(lines(&head, "x-amz-date"), ["kept"]);
    }
}

#[tokio::test]
async fn a_stranger_cannot_say_in_any_spelling_where_it_comes_from() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let house = House::before(upstream.address());
    let asked = "GET / HTTP/1.1\r\nHost: friday.play.test\r\nX_Forwarded_For: LIE\r\nX-Forwarded-Server: LIE\r\nX-Forwarded-Prefix: LIE\r\n\
        True-Client-IP: LIE\r\nCF-Connecting-IP: LIE\r\nX-Client-IP: LIE\r\nX_Real_IP: LIE\r\n\r\n";
    assert_eq!(RawClient::ask(house.address, asked).await.status, 200);
    let head = upstream.last_head();
    assert!(!head.contains("LIE"), "{head}");
    assert_eq!(lines(&head, "x-forwarded-for"), ["127.0.0.1"]);
}

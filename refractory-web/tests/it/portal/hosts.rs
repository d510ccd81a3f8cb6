//! Hosts, as browsers, proxies and monitors name them.
use refractory_core::model::{NewInstance, Principal, Role, Slug};
use reqwest::StatusCode;
use testkit::http::{RawClient, RawResponse};

use super::support::Place;

async fn with_a_table(place: &Place) {
    let new = NewInstance::named(Slug::new("friday").unwrap());
    place.refractory.create(&Principal::operator(), new).await.unwrap();
    let known = async {
        while ask(place, "/", &["Host: friday.localhost"]).await.status == 404 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), known).await.unwrap();
}

async fn ask(place: &Place, target: &str, headers: &[&str]) -> RawResponse {
    RawClient::ask(place.at, format!("GET {target} HTTP/1.1\r\n{}\r\n\r\n", headers.join("\r\n")))
        .await
}

#[tokio::test]
async fn monitors_are_answered_whatever_the_host() {
    let place = Place::open().await;
    with_a_table(&place).await;
    for (path, said) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let old = RawClient::ask(place.at, format!("GET {path} HTTP/1.0\r\n\r\n")).await;
        assert_eq!((old.status, old.text().as_str()), (200, said));
        for host in [
            "localhost",
            "refractory:8080",
            "box.lan",
            "192.168.1.20:8080",
            "[::1]:8080",
            "friday.localhost",
            "nothing.localhost",
            "a/b@c",
            "",
        ] {
            let answer = ask(&place, path, &[&format!("Host: {host}")]).await;
            assert_eq!((answer.status, answer.text().as_str()), (200, said), "{host}");
        }
        let absolute = ask(&place, &format!("http://other.example{path}"), &["Host: x"]).await;
        assert_eq!(absolute.status, 200);
        let old = RawClient::ask(place.at, format!("HEAD {path} HTTP/1.0\r\n\r\n")).await;
        assert_eq!((old.status, old.text().as_str()), (200, ""));
    }
    assert_eq!(ask(&place, "/metrics", &["Host: box.lan"]).await.status, 404);
}

#[tokio::test]
async fn a_host_is_the_same_however_it_is_written() {
    let place = Place::open().await;
    with_a_table(&place).await;
    for host in [
        "localhost",
        "LOCALHOST:8080",
        "localhost.",
        "localhost.:1",
        "[::1]",
        "[::1]:8080",
        "127.0.0.1:1",
    ] {
        assert_eq!(
            ask(&place, "/sign-in", &[&format!("Host: {host}")]).await.status,
            200,
            "{host}"
        );
    }
    for host in
        ["friday.localhost", "FRIDAY.localhost:1", "friday.localhost.", "Friday.LocalHost.:8080"]
    {
        assert_eq!(ask(&place, "/", &[&format!("Host: {host}")]).await.status, 503, "{host}");
    }
    let absolute = |target, host: &'static str| {
        let place = &place;
        async move { ask(place, target, &[&format!("Host: {host}")]).await.status }
    };
    assert_eq!(absolute("http://localhost/sign-in", "localhost").await, 200);
    assert_eq!(absolute("http://FRIDAY.localhost/", "friday.localhost").await, 503);
    assert_eq!(absolute("http://localhost/sign-in", "friday.localhost").await, 400);
    let old = RawClient::ask(place.at, "GET http://friday.localhost/ HTTP/1.0\r\n\r\n").await;
    assert_eq!(old.status, 503);
    let old = RawClient::ask(place.at, "GET /sign-in HTTP/1.0\r\n\r\n").await;
    assert_eq!(old.status, 400);
}

#[tokio::test]
async fn a_trusted_proxy_says_which_host_it_was_asked_for() {
    let trusting = Place::with(|config| config.trusted_proxies = vec!["127.0.0.1".into()]).await;
    let trusting_nobody = Place::open().await;
    with_a_table(&trusting).await;
    with_a_table(&trusting_nobody).await;
    for (host, said, leads_to) in [
        ("refractory:8080", "friday.localhost", 503),
        ("127.0.0.1:8080", "friday.localhost:443", 503),
        ("[::1]:8080", "FRIDAY.localhost.", 503),
        ("localhost", "friday.localhost", 503),
        ("refractory:8080", "localhost", 200),
        ("refractory:8080", "evil.example, localhost", 200),
        ("refractory:8080", "localhost, evil.example", 404),
        ("refractory:8080", "a/b", 404),
        // A name of ours is what the request is for: a client may have written the other header.
        ("friday.localhost", "localhost", 503),
    ] {
        let headers = [format!("Host: {host}"), format!("X-Forwarded-Host: {said}")];
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let status = ask(&trusting, "/sign-in", &headers).await.status;
        assert_eq!(status, leads_to, "{host} {said}");
        let alone = ask(&trusting_nobody, "/sign-in", &headers[..1]).await.status;
        let status = ask(&trusting_nobody, "/sign-in", &headers).await.status;
        assert_eq!(status, alone, "{host} {said}");
    }
    let old = "GET /sign-in HTTP/1.0\r\nX-Forwarded-Host: localhost\r\n\r\n";
    assert_eq!(RawClient::ask(trusting.at, old).await.status, 200);
    assert_eq!(RawClient::ask(trusting_nobody.at, old).await.status, 400);
}

#[tokio::test]
async fn forms_are_taken_from_the_origin_that_the_configuration_names() {
    let place = Place::with(|config| {
        config.domain = "games.example".into();
        config.public_port = Some(8443);
        config.trusted_proxies = vec!["127.0.0.1".into()];
    })
    .await;
    place.account("anna", Role::Player).await;
    let sent_from = |host: &'static str, origin: &'static str| {
        let mut browser = place.browser();
        browser.headers.insert("host", host.parse().unwrap());
        browser.headers.insert("origin", origin.parse().unwrap());
        async move {
            let fields = [("name", "anna"), ("password", "correct horse")];
            browser.submit("/sign-in", "/sign-in", &fields).await.status
        }
    };
    for host in ["games.example", "games.example:8443", "127.0.0.1:8080"] {
        assert_eq!(sent_from(host, "http://games.example:8443").await, StatusCode::SEE_OTHER);
        assert_eq!(sent_from(host, "http://evil.example").await, StatusCode::FORBIDDEN);
        assert_eq!(
            sent_from(host, "http://friday.games.example:8443").await,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(sent_from("127.0.0.1:8080", "http://127.0.0.1:8080").await, StatusCode::SEE_OTHER);
}

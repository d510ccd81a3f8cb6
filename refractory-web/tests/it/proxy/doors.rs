//! Foundry's own doors.
use testkit::http::{RawClient, Upstream};

use super::house::{House, browse, get, impatient, settings};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

fn post(path: &str, kind: &str, body: &str, access: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: friday.play.test\r\nContent-Type: {kind}\r\nX-Test-Access: {access}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn players_find_the_administrators_doors_closed() {
    let upstream = Upstream::answering(OK).await;
    let house = House::before(upstream.address());
    for path in [
        "/setup",
        "/auth",
        "/license",
        "/update",
        "/create",
        "/quit",
        "//Setup/",
        "/%73etup",
        "/x/..;/../setup",
    ] {
        let answer = RawClient::ask(house.address, browse(path)).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("setup is closed here"), "{path}");
    }
    for (kind, body) in [
        (JSON, r#"{"action":"shutdown","adminPassword":"x"}"#),
        (FORM, "action=shutdown&adminPassword=x"),
    ] {
        assert_eq!(
            RawClient::ask(house.address, post("/join", kind, body, "manager")).await.status,
            403
        );
    }
    assert_eq!(upstream.accepted(), 0, "nothing of it was passed on");
}

#[tokio::test]
async fn players_join_and_their_form_arrives_unchanged() {
    let upstream = Upstream::start(|mut visit| async move {
        while visit.head().await.is_some() {
            let body = visit.take(r#"{"action":"join"}"#.len()).await;
            visit.send("HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n").await;
            visit.send(body).await;
        }
    })
    .await;
    let house = House::before(upstream.address());
    let body = r#"{"action":"join"}"#;
    let answer = RawClient::ask(house.address, post("/join", JSON, body, "player")).await;
    assert_eq!(answer.text(), body);
    let chunked = format!(
        "POST /join HTTP/1.1\r\nHost: friday.play.test\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{body}\r\n0\r\n\r\n"
    );
    assert_eq!(RawClient::ask(house.address, chunked).await.text(), body);
    assert!(upstream.last_head().contains("content-length: 17\r\n"));
    assert_eq!(
        RawClient::ask(house.address, post("/join", "text/plain", "x", "player")).await.status,
        415
    );
    let huge = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
    assert_eq!(
        RawClient::ask(house.address, post("/join", JSON, &huge, "player")).await.status,
        413
    );
}

#[tokio::test]
async fn a_form_that_never_comes_is_given_up() {
    let upstream = Upstream::answering(OK).await;
    let house = House::with(impatient(), upstream.address());
    let head = format!(
        "POST /join HTTP/1.1\r\nHost: friday.play.test\r\nContent-Type: {JSON}\r\nContent-Length: 9\r\n\r\n{{"
    );
    assert_eq!(RawClient::ask(house.address, head).await.status, 408);
}

#[tokio::test]
async fn managers_pass_where_the_deployment_says_so() {
    let upstream = Upstream::answering(OK).await;
    let mut settings = settings();
    settings.managers_pass = true;
    let house = House::with(settings, upstream.address());
    let asked = |path: &str, access: &str| {
        get(path).replace("\r\n\r\n", &format!("\r\nX-Test-Access: {access}\r\n\r\n"))
    };
    for (path, access, status) in [
        ("/setup", "manager", 200),
        ("/auth", "manager", 200),
        ("/setup", "player", 403),
        ("/license", "manager", 403),
        ("/quit", "manager", 403),
    ] {
        assert_eq!(
            RawClient::ask(house.address, asked(path, access)).await.status,
            status,
            "{path} {access}"
        );
    }
}

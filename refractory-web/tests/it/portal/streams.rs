//! Pages that keep themselves up to date.
use std::collections::BTreeSet;
use std::time::Duration;

use refractory_core::Change;
use refractory_core::model::{Edit, NewInstance, Principal, Role, Slug, SpecChange};
use serde_json::{Value, json};
use testkit::http::RawClient;

use super::support::Place;

/// Reads on until `mark` has come.
pub(super) async fn until(stream: &mut reqwest::Response, mark: &str) -> String {
    until_within(Duration::from_secs(10), stream, mark).await
}

/// The same, where `mark` may take longer to come.
pub(super) async fn until_within(
    limit: Duration,
    stream: &mut reqwest::Response,
    mark: &str,
) -> String {
    let mut text = String::new();
    let read = async {
        while let Some(piece) = stream.chunk().await.unwrap() {
            text.push_str(&String::from_utf8_lossy(&piece));
            if text.contains(mark) {
                return true;
            }
        }
        false
    };
    let came = tokio::time::timeout(limit, read).await;
    assert_eq!(came, Ok(true), "`{mark}` did not come in:\n{text}");
    text
}

async fn friday(place: &Place) -> refractory_core::model::Instance {
    let new = NewInstance::named(Slug::new("friday").unwrap());
    place.refractory.create(&Principal::operator(), new).await.unwrap()
}

#[tokio::test]
async fn the_list_hears_of_every_change_and_of_every_end() {
    let place = Place::open().await;
    let anna = place.signed_in("anna", Role::Admin).await;
    let mut stream = anna.stream("/live").await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert_eq!(stream.headers()["cache-control"], "no-store");
    let table = friday(&place).await;
    let card = until(&mut stream, "event: table").await;
    assert!(card.contains("\\\"table-") || until(&mut stream, "table-").await.contains("card"));
    let who = Principal::operator();
    place.refractory.start(&who, &table.id).await.unwrap();
    until(&mut stream, "Ready to play").await;
    place.refractory.delete(&who, &table.id, "friday").await.unwrap();
    until(&mut stream, "event: gone").await;
}

/// The events of a stream so far, each with its name and what it holds.
fn told(text: &str) -> Vec<(String, Value)> {
    let one = |block: &str| {
        let (name, data) = block.split_once("\ndata: ")?;
        let name = name.strip_prefix("event: ")?.to_owned();
        Some((name, serde_json::from_str(data).ok()?))
    };
    text.split("\n\n").filter_map(one).collect()
}

fn of_kind(text: &str, name: &str) -> Vec<Value> {
    told(text).into_iter().filter(|(kind, _)| kind == name).map(|(_, value)| value).collect()
}

#[tokio::test]
async fn programs_hear_the_forms_of_the_api() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let pia = place.signed_in("pia", Role::Player).await;
    let table = friday(&place).await;
    // The portal's own view of the tables may be a moment behind.
    until(&mut anna.stream("/api/v1/stream").await, "\"friday\"").await;
    let mut stream = anna.stream("/api/v1/stream").await;
    let mut unread = pia.stream("/api/v1/stream").await;
    let begun = until(&mut stream, "event: all").await;
    let listed = anna.get("/api/v1/instances").await.json()["items"].clone();
    assert_eq!(json!(of_kind(&begun, "instance")), listed);
    assert_eq!(of_kind(&begun, "all"), [json!({ "ids": [table.id.as_str()] })]);
    until(&mut unread, "event: all").await;
    let title = Edit::Set("Friday Night".to_owned());
    let spec = SpecChange { title, ..SpecChange::default() };
    let change = Change { spec, ..Change::default() };
    place.refractory.change(&Principal::operator(), &table.id, change).await.unwrap();
    let changed = until(&mut stream, "instance-changed").await;
    let heard = of_kind(&changed, "event");
    let log = anna.get("/api/v1/events").await.json()["items"].clone();
    assert!(heard.iter().all(|event| log.as_array().unwrap().contains(event)), "{heard:?} {log}");
    // Of the table a player hears what they see of it, and nothing of what is written down.
    let seen = until(&mut unread, "Friday Night").await;
    assert_eq!(of_kind(&seen, "instance").last().unwrap()["owner"], Value::Null);
    place.refractory.delete(&Principal::operator(), &table.id, "friday").await.unwrap();
    let rest = until(&mut unread, "event: gone").await;
    assert_eq!(of_kind(&rest, "gone"), [json!({ "id": table.id.as_str() })]);
    assert!(of_kind(&format!("{seen}{rest}"), "event").is_empty(), "{rest}");
}

#[tokio::test]
async fn a_stream_begins_with_all_there_are_however_many() {
    let place = Place::open().await;
    let anna = place.signed_in("anna", Role::Admin).await;
    for n in 0..120 {
        let new = NewInstance::named(Slug::new(&format!("t{n}")).unwrap());
        place.refractory.create(&Principal::operator(), new).await.unwrap();
    }
    until(&mut anna.stream("/api/v1/stream").await, "\"t119\"").await;
    let mut stream = anna.stream("/api/v1/stream").await;
    let begun = until_within(Duration::from_secs(40), &mut stream, "event: all").await;
    let sent: BTreeSet<_> = of_kind(&begun, "instance")
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sent.len(), 120);
    let all = of_kind(&begun, "all").remove(0);
    assert_eq!(json!(sent), all["ids"]);
}

#[tokio::test]
async fn whoever_waits_at_the_door_is_let_in() {
    let place = Place::open().await;
    let table = friday(&place).await;
    let browser = place.browser();
    let mut stream = browser.stream("/_refractory/waiting/friday").await;
    until(&mut stream, "is off").await;
    place.refractory.start(&Principal::operator(), &table.id).await.unwrap();
    until(&mut stream, "\"open\":true").await;
}

#[tokio::test]
async fn a_log_is_followed_from_where_the_page_ended() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    friday(&place).await;
    place.paper.0.lock().unwrap().push("first line".into());
    let page = anna.get("/tables/friday").await.text;
    assert!(page.contains("first line") && page.contains("data-next=\"1\""), "{page}");
    let mut stream = anna.stream("/tables/friday/log/live?from=1").await;
    place.paper.0.lock().unwrap().push("second line".into());
    let told = until(&mut stream, "second line").await;
    assert!(!told.contains("first line") && told.contains("\"next\":\"2\""), "{told}");
}

#[tokio::test]
async fn streams_are_for_those_who_are_signed_in_and_end_with_the_portal() {
    let place = Place::open().await;
    assert_eq!(place.browser().get("/live").await.to(), "/sign-in?next=/live");
    assert_eq!(place.browser().get("/api/v1/stream").await.status, 401);
    let anna = place.signed_in("anna", Role::Admin).await;
    let mut stream = anna.stream("/live").await;
    until(&mut stream, "retry").await;
    let begun = tokio::time::Instant::now();
    place.close().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "the stream held the portal up");
}

/// Until then, there is nothing to wait for at its address.
async fn wait_until_the_edge_knows(place: &Place, slug: &str) {
    let host = format!("{slug}.localhost:{}", place.at.port());
    let asked = format!("GET /join HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    for _ in 0..500 {
        if RawClient::ask(place.at, &asked).await.status != 404 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the edge hears nothing of {slug}");
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_no_chunks() {
    let place = Place::open().await;
    let anna = place.signed_in("anna", Role::Admin).await;
    friday(&place).await;
    place.paper.0.lock().unwrap().push("first line".into());
    wait_until_the_edge_knows(&place, "friday").await;
    let session = &anna.cookies["refractory_session"];
    for (path, begins) in [
        ("/live", "retry: 2000\n\n"),
        ("/tables/friday/live", "retry: 2000\n\n"),
        ("/api/v1/stream", "retry: 2000\n\n"),
        ("/_refractory/waiting/friday", "retry: 2000\n\n"),
        ("/tables/friday/log/live", "event: log\ndata: "),
    ] {
        for version in ["HTTP/1.0", "HTTP/1.1"] {
            let mut wire = RawClient::open(place.at).await;
            wire.send(format!(
                "GET {path} {version}\r\nHost: localhost\r\nConnection: keep-alive\r\nCookie: refractory_session={session}\r\n\r\n"
            ))
            .await;
            let head = wire.head().await;
            assert_eq!(head.status, 200, "{path}");
            let is_chunked = head.headers("transfer-encoding") == ["chunked"];
            assert_eq!(is_chunked, version == "HTTP/1.1", "{path}: {}", head.head);
            if !is_chunked {
                assert_ne!(head.headers("connection"), ["keep-alive"], "{path}");
                let begun = wire.take(begins.len()).await;
                assert_eq!(String::from_utf8_lossy(&begun), begins, "{path}");
            }
        }
    }
}

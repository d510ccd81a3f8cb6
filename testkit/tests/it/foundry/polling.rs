//! Long polling, and the step from there to a websocket.
use bytes::Bytes;
use futures_util::SinkExt;
use http::Request;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::visitor::Visitor;
use super::wire::{next, open};
use super::{V13, playing};

const POLL: &str = "/socket.io/?EIO=4&transport=polling";

async fn greeted(person: &mut Visitor) -> String {
    let session = person.session.clone().unwrap();
    let hello = person.get(&format!("{POLL}&session={session}")).await.text();
    let greeting: Value = serde_json::from_str(hello.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(greeting["upgrades"], json!(["websocket"]));
    format!("{POLL}&sid={}", greeting["sid"].as_str().unwrap())
}

async fn say(person: &mut Visitor, at: &str, packets: &str) {
    let answer = person.send(Request::post(at), Bytes::from(packets.to_owned())).await;
    assert_eq!(answer.text(), "ok");
}

#[tokio::test]
async fn a_client_that_only_polls_is_served() {
    let program = playing(V13).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let at = greeted(&mut person).await;
    say(&mut person, &at, "40\u{1e}420[\"getWorldStatus\"]").await;
    let heard = person.get(&at).await.text();
    let packets: Vec<_> = heard.split('\u{1e}').collect();
    assert!(packets[0].starts_with("40{"));
    assert!(packets[1].starts_with("42[\"session\",{"));
    assert_eq!(packets[2], "430[true]");
    say(&mut person, &at, "1").await;
    assert_eq!(person.get(&at).await.status, 400);
}

#[tokio::test]
async fn a_client_may_move_from_polling_to_a_websocket() {
    let program = playing(V13).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let at = greeted(&mut person).await;
    say(&mut person, &at, "40").await;
    person.get(&at).await;
    let url = format!("ws://{}{}", person.address, at.replace("polling", "websocket"));
    let mut socket = open(&url, "").await;
    let mut waiting = Visitor::of(&program);
    let (poll, ()) = tokio::join!(waiting.get(&at), async {
        socket.send(Message::text("2probe")).await.unwrap();
        assert_eq!(next(&mut socket).await, "3probe");
    });
    assert_eq!(poll.text(), "6", "whoever waits in a poll is sent away");
    socket.send(Message::text("5")).await.unwrap();
    socket.send(Message::text("427[\"getWorldStatus\"]")).await.unwrap();
    assert_eq!(next(&mut socket).await, "437[true]");
    assert_eq!(person.get(&at).await.status, 400, "polling is over");
}

#[tokio::test]
async fn a_poll_without_news_ends_with_a_ping() {
    let program = playing(V13).switch("ping", "100ms").ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    let at = greeted(&mut person).await;
    assert_eq!(person.get(&at).await.text(), "2");
}

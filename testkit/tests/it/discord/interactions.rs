//! Interactions: deadlines, callbacks, follow-ups, modals, choices, and the way over HTTP.
use std::time::Duration;

use serde_json::{Value, json};
use testkit::discord::{NoAnswer, Person};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::client::{App, Gateway};

/// A stand-in with a command, a bot that is connected, and someone who types.
async fn ready() -> (App, Gateway, Person) {
    let app = App::start();
    app.register(json!([{"name": "foundry", "description": "d", "options": [
        {"type": 1, "name": "start", "description": "d", "options": [
            {"type": 3, "name": "table", "description": "d", "required": true, "autocomplete": true},
            {"type": 6, "name": "who", "description": "d"},
        ]},
        {"type": 1, "name": "help", "description": "d"},
    ]}]))
    .await;
    let gateway = app.connect().await;
    let alice = app.discord.user("alice");
    (app, gateway, alice)
}

fn buttons() -> Value {
    json!([{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "Go", "custom_id": "go"},
        {"type": 2, "style": 2, "label": "Off", "custom_id": "off", "disabled": true},
        {"type": 2, "style": 5, "label": "Open", "url": "https://example.org"},
    ]}])
}

#[tokio::test]
async fn a_command_arrives_with_who_where_and_what() {
    let (app, mut gateway, alice) = ready().await;
    let bob = app.discord.user("bob");
    let asked = alice.slash("/foundry start", &[("table", "wald"), ("who", "bob")]).unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    assert_eq!((&got["type"], &got["data"]["name"]), (&json!(2), &json!("foundry")));
    let start = &got["data"]["options"][0];
    assert_eq!((&start["name"], &start["options"][0]["value"]), (&json!("start"), &json!("wald")));
    assert_eq!(start["options"][1]["value"], json!(bob.id()));
    assert!(got["data"]["resolved"]["members"][bob.id().to_string()].is_object());
    assert_eq!(got["member"]["user"]["id"], json!(alice.id()));
    assert_eq!(got["guild_id"], json!(app.guild));
    let answer =
        app.callback(&got, json!({"type": 4, "data": {"content": "done", "flags": 64}})).await;
    assert_eq!((answer.status, answer.raw.body.len()), (204, 0));
    let shown = asked.message().await;
    assert!(shown.is_ephemeral && shown.content == "done");
    assert_eq!(alice.messages(app.general).len(), 1);
    assert!(bob.messages(app.general).is_empty(), "an ephemeral answer is one user's");
    let path = format!("/channels/{}/messages/{}", app.general, shown.id);
    assert_eq!(app.get(&path).await.refusal(), (404, 10008), "and REST does not know it");
    assert!(alice.slash("/foundry start", &[]).is_err(), "an option is required");
}

#[tokio::test]
async fn three_seconds_and_no_more() {
    let (app, mut gateway, alice) = ready().await;
    let late = alice.slash("/foundry help", &[]).unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    app.discord.advance(Duration::from_millis(3_100));
    let answer = app.callback(&got, json!({"type": 5})).await;
    assert_eq!(answer.refusal(), (404, 10062));
    assert_eq!(late.acknowledged().await, Err(NoAnswer));
    let edit = app.webhook("PATCH", (&got, "/messages/@original"), json!({"content": "x"})).await;
    assert_eq!(edit.refusal(), (404, 10015), "what was not acknowledged has no webhook");
    let unknown = json!({"id": "5", "token": "t"});
    assert_eq!(app.callback(&unknown, json!({"type": 5})).await.refusal(), (404, 10062));
}

#[tokio::test]
async fn an_app_that_says_nothing_is_given_up_without_a_hand_on_the_clock() {
    let (_app, _gateway, alice) = ready().await;
    let asked = alice.slash("/foundry help", &[]).unwrap();
    assert_eq!(asked.acknowledged().await, Err(NoAnswer));
}

#[tokio::test]
async fn a_second_callback_is_refused() {
    let (app, mut gateway, alice) = ready().await;
    alice.delivered_twice().slash("/foundry help", &[]).unwrap();
    let (first, second) =
        (gateway.event("INTERACTION_CREATE").await, gateway.event("INTERACTION_CREATE").await);
    assert_eq!(first, second, "a double delivery is the same interaction");
    assert_eq!(app.callback(&first, json!({"type": 5})).await.status, 204);
    assert_eq!(app.callback(&second, json!({"type": 5})).await.refusal(), (400, 40060));
}

#[tokio::test]
async fn a_deferral_is_filled_in_and_followed() {
    let (app, mut gateway, alice) = ready().await;
    let asked = alice.slash("/foundry help", &[]).unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    app.callback(&got, json!({"type": 5, "data": {"flags": 64}})).await;
    assert_eq!(asked.acknowledged().await, Ok(5));
    assert!(alice.messages(app.general)[0].is_loading);
    let edited =
        app.webhook("PATCH", (&got, "/messages/@original"), json!({"content": "here"})).await;
    assert_eq!((edited.status, &edited.body["edited_timestamp"]), (200, &Value::Null));
    let shown = asked.message().await;
    assert!(shown.is_ephemeral && !shown.is_loading);
    let more = app.webhook("POST", (&got, ""), json!({"content": "more", "flags": 64})).await;
    assert_eq!(more.status, 200);
    assert_eq!(asked.follow_up("more", |message| message.content == "more").await.id, more.id());
    let path = format!("/messages/{}", more.id());
    assert_eq!(app.webhook("DELETE", (&got, &path), Value::Null).await.status, 204);
    assert_eq!(app.webhook("GET", (&got, &path), Value::Null).await.refusal(), (404, 10008));
    app.discord.advance(Duration::from_mins(15));
    let dead = app.webhook("PATCH", (&got, "/messages/@original"), json!({"content": "x"})).await;
    assert_eq!(dead.refusal(), (401, 50027));
}

#[tokio::test]
async fn the_first_follow_up_fills_a_deferral() {
    let (app, mut gateway, alice) = ready().await;
    let asked = alice.slash("/foundry help", &[]).unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    app.callback(&got, json!({"type": 5})).await;
    app.webhook("POST", (&got, ""), json!({"content": "first"})).await;
    assert_eq!(asked.message().await.content, "first");
    assert!(asked.follow_ups().is_empty());
}

#[tokio::test]
async fn buttons_edit_their_message_and_disabled_ones_do_nothing() {
    let (app, mut gateway, alice) = ready().await;
    app.send(app.general, json!({"content": "state: off", "components": buttons()})).await;
    let message = &alice.messages(app.general)[0];
    for label in ["Off", "Open", "None"] {
        assert!(alice.press(message, label).is_err(), "{label}");
    }
    let pressed = alice.press(message, "Go").unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    assert_eq!((&got["type"], &got["data"]["custom_id"]), (&json!(3), &json!("go")));
    assert_eq!(got["message"]["id"], json!(message.id));
    let update = json!({"type": 7, "data": {"content": "state: on", "components": []}});
    assert_eq!(app.callback(&got, update).await.status, 204);
    assert_eq!(pressed.message().await.content, "state: on");
    assert!(alice.press(message, "Go").is_err(), "the button is gone");
    alice.press_stale(message, "go").unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    assert_eq!(app.callback(&got, json!({"type": 6})).await.status, 204);
    let edited =
        app.webhook("PATCH", (&got, "/messages/@original"), json!({"content": "late"})).await;
    assert_eq!(
        edited.id(),
        message.id,
        "after a deferred update, the original is the message itself"
    );
}

#[tokio::test]
async fn modals_open_at_once_and_are_filled_in() {
    let (app, mut gateway, alice) = ready().await;
    app.send(app.general, json!({"components": buttons()})).await;
    let message = &alice.messages(app.general)[0];
    let modal = |title: &str| {
        json!({"type": 9, "data": {"title": title, "custom_id": "m", "components": [
            {"type": 1, "components": [{"type": 4, "style": 1, "custom_id": "name", "label": "Name", "max_length": 5}]},
            {"type": 1, "components": [{"type": 4, "style": 2, "custom_id": "note", "label": "Note", "required": false, "value": "old"}]},
        ]}})
    };
    let pressed = alice.press(message, "Go").unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    let refused = app.callback(&got, modal(&"x".repeat(46))).await;
    assert_eq!(
        (refused.refusal(), refused.error_at("data.title")),
        ((400, 50035), "BASE_TYPE_MAX_LENGTH")
    );
    assert_eq!(app.callback(&got, modal("Settings")).await.status, 204);
    let opened = pressed.modal().await;
    assert_eq!((opened.title.as_str(), opened.fields.len()), ("Settings", 2));
    assert!(alice.submit(&opened, &[]).is_err(), "Name is required");
    assert!(alice.submit(&opened, &[("Name", "too long")]).is_err());
    assert!(alice.submit(&opened, &[("Other", "x")]).is_err());
    let sent = alice.submit(&opened, &[("Name", "wald")]).unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    assert_eq!((&got["type"], &got["data"]["custom_id"]), (&json!(5), &json!("m")));
    assert_eq!(got["data"]["components"][0]["components"][0]["value"], "wald");
    assert_eq!(got["data"]["components"][1]["components"][0]["value"], "old");
    assert_eq!(app.callback(&got, modal("Again")).await.error_at("type"), "BASE_TYPE_CHOICES");
    app.callback(&got, json!({"type": 4, "data": {"content": "saved"}})).await;
    assert_eq!(sent.message().await.content, "saved");
}

#[tokio::test]
async fn a_modal_cannot_follow_a_deferral() {
    let (app, mut gateway, alice) = ready().await;
    alice.slash("/foundry help", &[]).unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    app.callback(&got, json!({"type": 5})).await;
    let modal = json!({"type": 9, "data": {"title": "t", "custom_id": "m", "components": [
        {"type": 1, "components": [{"type": 4, "style": 1, "custom_id": "n", "label": "N"}]},
    ]}});
    assert_eq!(app.callback(&got, modal).await.refusal(), (400, 40060));
}

#[tokio::test]
async fn autocompletions_are_answered_with_choices_alone() {
    let (app, mut gateway, alice) = ready().await;
    let typing = alice.complete("/foundry start", ("table", "wa"), &[]);
    let answering = async {
        let got = gateway.event("INTERACTION_CREATE").await;
        let option = &got["data"]["options"][0]["options"][0];
        assert_eq!(
            (&got["type"], &option["focused"], &option["value"]),
            (&json!(4), &json!(true), &json!("wa"))
        );
        let deferred = app.callback(&got, json!({"type": 5})).await;
        assert_eq!(deferred.error_at("type"), "BASE_TYPE_CHOICES");
        let many: Vec<_> =
            (0..26).map(|at| json!({"name": at.to_string(), "value": "v"})).collect();
        let many = app.callback(&got, json!({"type": 8, "data": {"choices": many}})).await;
        assert_eq!(many.error_at("data.choices"), "BASE_TYPE_BAD_LENGTH");
        let long = json!([{"name": "x".repeat(101), "value": "v"}]);
        let long = app.callback(&got, json!({"type": 8, "data": {"choices": long}})).await;
        assert_eq!(long.error_at("data.choices.0.name"), "BASE_TYPE_MAX_LENGTH");
        let choices = json!([{"name": "Wald", "value": "wald"}]);
        app.callback(&got, json!({"type": 8, "data": {"choices": choices}})).await
    };
    let (choices, answered) = tokio::join!(typing, answering);
    assert_eq!(answered.status, 204);
    let choices = choices.unwrap();
    assert_eq!((choices[0].name.as_str(), choices[0].value.as_str()), ("Wald", "wald"));
}

#[tokio::test]
async fn a_callback_tells_its_message_to_those_who_ask() {
    let (app, mut gateway, alice) = ready().await;
    alice.slash("/foundry help", &[]).unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    let path = format!(
        "/interactions/{}/{}/callback?with_response=true",
        got["id"].as_str().unwrap(),
        got["token"].as_str().unwrap()
    );
    let answer =
        app.call_with("POST", &path, ("", json!({"type": 4, "data": {"content": "hi"}}))).await;
    assert_eq!(
        (answer.status, &answer.body["resource"]["message"]["content"]),
        (200, &json!("hi"))
    );
}

#[tokio::test]
async fn selects_take_what_they_offer() {
    let (app, mut gateway, alice) = ready().await;
    let select = json!([{"type": 1, "components": [{
        "type": 3, "custom_id": "s", "placeholder": "A table", "options": [{"label": "Wald", "value": "w"}],
    }]}]);
    app.send(app.general, json!({"components": select})).await;
    let message = &alice.messages(app.general)[0];
    assert!(alice.choose(message, "A table", &["Meer"]).is_err());
    assert!(alice.choose(message, "A table", &["Wald", "Wald"]).is_err());
    alice.choose(message, "A table", &["Wald"]).unwrap();
    let got = gateway.event("INTERACTION_CREATE").await;
    assert_eq!(
        (&got["data"]["values"], &got["data"]["component_type"]),
        (&json!(["w"]), &json!(3))
    );
}

/// An endpoint that takes requests one after the other: a signature is good if it is 128 characters and the body is as signed.
struct Endpoint {
    listener: TcpListener,
    verifies: bool,
}

impl Endpoint {
    async fn open(verifies: bool) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/interactions", listener.local_addr().unwrap());
        (Self { listener, verifies }, url)
    }

    /// Takes one request, and answers it with what `answer` makes of it.
    async fn take(&self, key: &str, answer: impl Fn(&Value) -> Value) -> Value {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        let (head, body) = loop {
            let read = stream.read(&mut piece).await.unwrap();
            bytes.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length: usize = header(head, "content-length").parse().unwrap();
            if body.len() == length {
                break (head.to_owned(), body.to_owned());
            }
        };
        let signed = format!("{}{body}", header(&head, "x-signature-timestamp"));
        let signature = hex::decode(header(&head, "x-signature-ed25519")).unwrap();
        let key = ring::signature::UnparsedPublicKey::new(
            &ring::signature::ED25519,
            hex::decode(key).unwrap(),
        );
        let good = key.verify(signed.as_bytes(), &signature).is_ok();
        let got: Value = serde_json::from_str(&body).unwrap();
        let (status, said) = if good || !self.verifies {
            ("200 OK", answer(&got).to_string())
        } else {
            ("401 Unauthorized", String::new())
        };
        let reply = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{said}",
            said.len()
        );
        stream.write_all(reply.as_bytes()).await.unwrap();
        got
    }
}

fn header(head: &str, name: &str) -> String {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn an_endpoint_takes_the_place_of_the_gateway() {
    let (app, mut gateway, alice) = ready().await;
    let (endpoint, url) = Endpoint::open(true).await;
    let key = app.discord.public_key();
    let pong = |_: &Value| json!({"type": 1});
    let asked = async {
        endpoint.take(&key, pong).await;
        endpoint.take(&key, pong).await
    };
    let (set, asked) = tokio::join!(app.discord.set_endpoint(Some(&url)), asked);
    assert_eq!((set, &asked["type"]), (Ok(()), &json!(1)));
    let asked = alice.slash("/foundry help", &[]).unwrap();
    let answer = |_: &Value| json!({"type": 4, "data": {"content": "over http"}});
    let got = endpoint.take(&key, answer).await;
    assert_eq!(got["member"]["user"]["username"], "alice");
    assert_eq!(asked.message().await.content, "over http");
    // The gateway has got the message, and no interaction.
    let names = gateway.events_until("MESSAGE_CREATE").await;
    assert!(!names.contains(&"INTERACTION_CREATE".to_owned()), "{names:?}");
}

#[tokio::test]
async fn an_endpoint_that_takes_any_signature_is_not_taken() {
    let app = App::start();
    let (endpoint, url) = Endpoint::open(false).await;
    let key = app.discord.public_key();
    let asked = endpoint.take(&key, |_| json!({"type": 1}));
    let (set, _) = tokio::join!(app.discord.set_endpoint(Some(&url)), asked);
    let why = set.expect_err("it does not check signatures").to_string();
    assert!(why.contains("not 401"), "{why}");
    let gone = app.discord.set_endpoint(Some("http://127.0.0.1:1/")).await;
    assert!(gone.is_err());
}

#[tokio::test]
async fn a_wrong_answer_of_an_endpoint_is_no_answer() {
    let (app, _gateway, alice) = ready().await;
    let (endpoint, url) = Endpoint::open(true).await;
    let key = app.discord.public_key();
    let asked = async {
        endpoint.take(&key, |_| json!({"type": 1})).await;
        endpoint.take(&key, |_| json!({"type": 1})).await
    };
    let (set, _) = tokio::join!(app.discord.set_endpoint(Some(&url)), asked);
    assert_eq!(set, Ok(()));
    let asked = alice.slash("/foundry help", &[]).unwrap();
    endpoint.take(&key, |_| json!({"type": 4, "data": {"content": "x".repeat(2001)}})).await;
    app.discord.wait("refused answer", |it| it.refused_answers().pop()).await;
    app.discord.advance(Duration::from_secs(4));
    assert_eq!(asked.acknowledged().await, Err(NoAnswer));
}

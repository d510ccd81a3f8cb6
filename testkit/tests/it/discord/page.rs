//! The page: what it shows to whom, and what can be done on it.
use serde_json::{Value, json};
use testkit::http::RawClient;

use super::client::App;

struct Page<'a>(&'a App);

impl Page<'_> {
    async fn ask(&self, method: &str, path: &str, (headers, body): (&str, &str)) -> (u16, String) {
        let url = self.0.discord.url();
        let host = url.trim_start_matches("http://");
        let host_line =
            if headers.contains("Host:") { String::new() } else { format!("Host: {host}\r\n") };
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{host_line}{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let raw = RawClient::ask(host.parse().unwrap(), request).await;
        (raw.status, raw.text())
    }

    async fn state(&self, user: &str, channel: &str) -> Value {
        let path = format!("/stand-in/state?as={user}&channel={channel}");
        let (status, text) = self.ask("GET", &path, ("", "")).await;
        assert_eq!(status, 200);
        serde_json::from_str(&text).unwrap()
    }

    async fn act(&self, body: Value) -> Value {
        let headers = "Content-Type: application/json\r\n";
        let (status, text) = self.ask("POST", "/stand-in/act", (headers, &body.to_string())).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }
}

#[tokio::test]
async fn the_page_and_what_belongs_to_it_are_served_to_this_machine_alone() {
    let app = App::start();
    let page = Page(&app);
    for (path, part) in
        [("/", "<!doctype html>"), ("/page.js", "\"use strict\""), ("/page.css", "--accent")]
    {
        let (status, text) = page.ask("GET", path, ("", "")).await;
        assert!(status == 200 && text.contains(part), "{path}");
    }
    assert_eq!(page.ask("GET", "/nothing", ("", "")).await.0, 404);
    assert_eq!(page.ask("GET", "/", ("Host: evil.example\r\n", "")).await.0, 403);
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    assert_eq!(page.ask("POST", "/stand-in/act", (form, "do=join")).await.0, 415);
}

#[tokio::test]
async fn each_user_is_shown_what_they_see() {
    let app = App::start();
    let page = Page(&app);
    let alice = app.discord.user("alice").id();
    let hidden = app.discord.add_channel(app.guild, "hidden");
    let everyone = format!("/channels/{hidden}/permissions/{}", app.guild);
    app.call("PUT", &everyone, json!({"type": 0, "allow": "0", "deny": "1024"})).await;
    app.send(app.general, json!({"content": "hello"})).await;
    let (of_alice, of_owner) = (page.state(&alice.to_string(), "").await, page.state("", "").await);
    let count = |state: &Value| state["channels"].as_array().map(Vec::len);
    assert_eq!((count(&of_alice), count(&of_owner)), (Some(1), Some(2)));
    assert_eq!(of_alice["messages"][0]["content"], "hello");
    assert_eq!(
        page.state(&alice.to_string(), &hidden.to_string()).await["channel"],
        json!(app.general)
    );
    assert_eq!(page.state(&alice.to_string(), "conversation").await["messages"], Value::Null);
}

#[tokio::test]
async fn commands_buttons_and_modals_work() {
    let app = App::start();
    let page = Page(&app);
    app.register(json!([{"name": "go", "description": "d", "options": [
        {"type": 3, "name": "table", "description": "d", "autocomplete": true},
    ]}]))
    .await;
    let mut gateway = app.connect().await;
    let joined = page.act(json!({"do": "join", "name": "bob"})).await;
    let bob = joined["user"].as_str().unwrap();
    let here = json!(app.general);
    let typing = page.act(json!({
        "do": "complete", "as": bob, "channel": here, "path": "/go", "option": "table", "typed": "w", "options": {},
    }));
    let choosing = async {
        let got = gateway.event("INTERACTION_CREATE").await;
        let choices = json!([{"name": "Wald", "value": "wald"}]);
        app.callback(&got, json!({"type": 8, "data": {"choices": choices}})).await
    };
    let (choices, _) = tokio::join!(typing, choosing);
    assert_eq!(choices["choices"][0]["value"], "wald");
    let command = page.act(json!({
        "do": "command", "as": bob, "channel": here, "path": "/go", "options": {"table": "wald"},
    }));
    let button = json!([{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "b"}]}]);
    let answering = async {
        let got = gateway.event("INTERACTION_CREATE").await;
        app.callback(
            &got,
            json!({"type": 4, "data": {"content": "secret", "flags": 64, "components": button}}),
        )
        .await
    };
    let (done, _) = tokio::join!(command, answering);
    assert_eq!(done, json!({}));
    let shown = page.state(bob, "").await["messages"][0].clone();
    assert_eq!((&shown["ephemeral"], &shown["content"]), (&json!(true), &json!("secret")));
    assert_eq!(page.state("", "").await["messages"], json!([]), "the owner does not see it");
    let press = page.act(json!({
        "do": "press", "as": bob, "channel": here, "in": here, "message": shown["id"], "custom_id": "b",
    }));
    let modal = json!({"type": 9, "data": {"title": "Settings", "custom_id": "m", "components": [
        {"type": 1, "components": [{"type": 4, "style": 1, "custom_id": "n", "label": "Name"}]},
    ]}});
    let opening = async {
        let got = gateway.event("INTERACTION_CREATE").await;
        app.callback(&got, modal).await
    };
    let (opened, _) = tokio::join!(press, opening);
    assert_eq!(opened["modal"]["fields"][0]["label"], "Name");
    let submit =
        page.act(json!({"do": "submit", "as": bob, "channel": here, "options": {"n": "winter"}}));
    let saving = async {
        let got = gateway.event("INTERACTION_CREATE").await;
        assert_eq!(got["data"]["components"][0]["components"][0]["value"], "winter");
        app.callback(&got, json!({"type": 4, "data": {"content": "saved"}})).await
    };
    let (saved, _) = tokio::join!(submit, saving);
    assert_eq!(saved, json!({}));
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let app = App::start();
    let page = Page(&app);
    let owner = app.discord.owner().id();
    let error = |done: Value| done["error"].as_str().unwrap_or_default().to_owned();
    let unknown =
        page.act(json!({"do": "command", "as": owner, "path": "/none", "options": {}})).await;
    assert!(error(unknown).contains("no command /none"));
    assert!(error(page.act(json!({"do": "join", "name": "!"})).await).contains("user name"));
    assert!(error(page.act(json!({"do": "fly", "as": owner})).await).contains("fly"));
    assert!(error(page.act(json!({"do": "submit", "as": owner})).await).contains("not open"));
    assert_eq!(page.act(json!({"do": "dms", "as": owner, "takes": false})).await, json!({}));
}

#[tokio::test]
async fn the_page_hears_of_changes() {
    let app = App::start();
    let page = Page(&app);
    let version = page.state("", "").await["version"].as_u64().unwrap();
    let path = format!("/stand-in/changes?after={version}");
    let listening = page.ask("GET", &path, ("", ""));
    let (heard, _) = tokio::join!(listening, app.send(app.general, json!({"content": "x"})));
    let heard: Value = serde_json::from_str(&heard.1).unwrap();
    assert!(heard["version"].as_u64().unwrap() > version);
}

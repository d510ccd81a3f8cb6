//! Messages, pins, conversations, mentions.
use serde_json::{Value, json};
use testkit::discord::{StandInOptions, permission};

use super::client::{App, id_of};

#[tokio::test]
async fn a_message_is_sent_edited_listed_and_deleted() {
    let app = App::start();
    let mut gateway = app.connect().await;
    let sent = app.send(app.general, json!({"content": "one"})).await.id();
    assert_eq!(gateway.event("MESSAGE_CREATE").await["content"], "one");
    let path = format!("/channels/{}/messages/{sent}", app.general);
    let edited = app.call("PATCH", &path, json!({"content": "two"})).await;
    assert_eq!((edited.status, &edited.body["content"]), (200, &json!("two")));
    assert!(edited.body["edited_timestamp"].is_string());
    assert_eq!(gateway.event("MESSAGE_UPDATE").await["content"], "two");
    let second = app.send(app.general, json!({"content": "three"})).await.id();
    let list = app.get(&format!("/channels/{}/messages?limit=1", app.general)).await.body;
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert_eq!(id_of(&list[0]["id"]), second, "newest first");
    let before = format!("/channels/{}/messages?before={second}", app.general);
    assert_eq!(id_of(&app.get(&before).await.body[0]["id"]), sent);
    assert_eq!(app.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(id_of(&gateway.event("MESSAGE_DELETE").await["id"]), sent);
    assert_eq!(app.get(&path).await.refusal(), (404, 10008));
    assert_eq!(app.call("PATCH", &path, json!({"content": "x"})).await.refusal(), (404, 10008));
}

#[tokio::test]
async fn the_same_nonce_is_the_same_message_where_it_is_enforced() {
    let app = App::start();
    let body = json!({"content": "once", "nonce": "n1", "enforce_nonce": true});
    let first = app.send(app.general, body.clone()).await;
    let second = app.send(app.general, body).await;
    assert_eq!((second.status, second.id()), (200, first.id()));
    assert_eq!(first.body["nonce"], "n1");
    let other = app.send(app.general, json!({"content": "again", "nonce": "n1"})).await;
    assert_ne!(other.id(), first.id());
    assert_eq!(app.discord.owner().messages(app.general).len(), 2);
}

#[tokio::test]
async fn messages_of_others_can_be_deleted_and_not_edited() {
    let app = App::start();
    let alice = app.discord.user("alice");
    let said = app.discord.say(&alice, app.general, "hello");
    let path = format!("/channels/{}/messages/{said}", app.general);
    assert_eq!(app.call("PATCH", &path, json!({"content": "x"})).await.refusal(), (403, 50005));
    assert_eq!(app.call("DELETE", &path, Value::Null).await.status, 204);
}

#[tokio::test]
async fn what_the_bot_may_not_is_refused() {
    let app = App::start();
    app.discord.deny_bot(app.general, permission::SEND_MESSAGES);
    assert_eq!(app.send(app.general, json!({"content": "x"})).await.refusal(), (403, 50013));
    app.discord.deny_bot(app.general, permission::EMBED_LINKS);
    let embed = json!({"embeds": [{"title": "t"}]});
    assert_eq!(app.send(app.general, embed).await.refusal(), (403, 50013));
    app.discord.deny_bot(app.general, permission::READ_MESSAGE_HISTORY);
    let list = app.get(&format!("/channels/{}/messages", app.general)).await;
    assert_eq!((list.status, list.body), (200, json!([])), "without history there is none");
    app.discord.deny_bot(app.general, permission::VIEW_CHANNEL);
    assert_eq!(app.send(app.general, json!({"content": "x"})).await.refusal(), (403, 50001));
    app.discord.delete_channel(app.general);
    assert_eq!(app.send(app.general, json!({"content": "x"})).await.refusal(), (404, 10003));
}

#[tokio::test]
async fn pins_are_told_of_limited_and_need_their_own_permission() {
    let app = App::start();
    let mut gateway = app.connect().await;
    app.discord.set_limit("pin", 100, std::time::Duration::from_secs(1));
    app.discord.set_limit("message-create", 100, std::time::Duration::from_secs(1));
    let mut last = None;
    for at in 0..51 {
        app.discord.advance(std::time::Duration::from_secs(2));
        let message = app.send(app.general, json!({"content": at.to_string()})).await.id();
        let path = format!("/channels/{}/pins/{message}", app.general);
        let pinned = app.call("PUT", &path, Value::Null).await;
        if at < 50 {
            assert_eq!(pinned.status, 204, "{at}");
        } else {
            assert_eq!(pinned.refusal(), (400, 30003));
        }
        last = Some(path);
    }
    gateway.event("CHANNEL_PINS_UPDATE").await;
    app.discord.advance(std::time::Duration::from_secs(10));
    let pins = app.get(&format!("/channels/{}/pins", app.general)).await.body;
    assert_eq!(pins.as_array().map(Vec::len), Some(50));
    let paged = app.get(&format!("/channels/{}/messages/pins?limit=10", app.general)).await.body;
    assert_eq!(
        (paged["items"].as_array().map(Vec::len), &paged["has_more"]),
        (Some(10), &json!(true))
    );
    let notices = app.discord.owner().messages(app.general);
    assert_eq!(notices.iter().filter(|message| message.kind == 6).count(), 50);
    app.discord.deny_bot(app.general, permission::PIN_MESSAGES);
    let refused = app.call("PUT", &last.unwrap(), Value::Null).await;
    assert_eq!(refused.refusal(), (403, 50013), "MANAGE_MESSAGES is not enough any more");
}

#[tokio::test]
async fn direct_messages_can_be_closed() {
    let app = App::start();
    let alice = app.discord.user("alice");
    let open = json!({"recipient_id": alice.id()});
    let channel = app.call("POST", "/users/@me/channels", open.clone()).await;
    assert_eq!((channel.status, &channel.body["type"]), (200, &json!(1)));
    let again = app.call("POST", "/users/@me/channels", open).await;
    assert_eq!(again.id(), channel.id(), "there is one conversation");
    assert_eq!(app.send(channel.id(), json!({"content": "psst"})).await.status, 200);
    assert_eq!(alice.direct_messages()[0].content, "psst");
    alice.set_takes_dms(false);
    assert_eq!(app.send(channel.id(), json!({"content": "x"})).await.refusal(), (403, 50007));
    alice.set_takes_dms(true);
    app.discord.leave(app.guild, &alice);
    assert_eq!(app.send(channel.id(), json!({"content": "x"})).await.refusal(), (403, 50007));
    let bot = json!({"recipient_id": app.bot});
    assert_eq!(app.call("POST", "/users/@me/channels", bot).await.refusal(), (403, 50007));
}

#[tokio::test]
async fn mentions_notify_only_whom_they_may() {
    let may = StandInOptions::default().bot_permissions | permission::MENTION_EVERYONE;
    let app = App::with(&StandInOptions { bot_permissions: may, ..StandInOptions::default() });
    let alice = app.discord.user("alice");
    let role = app.discord.add_role(app.guild, "players", 0);
    let text = format!("@everyone <@{}> <@&{role}>", alice.id());
    app.send(app.general, json!({"content": text})).await;
    app.send(app.general, json!({"content": text, "allowed_mentions": {"parse": []}})).await;
    let only = json!({"parse": [], "users": [alice.id()]});
    app.send(app.general, json!({"content": text, "allowed_mentions": only})).await;
    app.send(app.general, json!({"embeds": [{"description": text}]})).await;
    let messages = app.discord.owner().messages(app.general);
    let all = &messages[0].pinged;
    assert!(all.everyone && all.users.contains(&alice.id()) && all.roles.contains(&role));
    assert!(!messages[1].pinged.anyone());
    assert_eq!(messages[2].pinged.users.iter().copied().collect::<Vec<_>>(), [alice.id()]);
    assert!(!messages[2].pinged.everyone && messages[2].pinged.roles.is_empty());
    assert!(!messages[3].pinged.anyone(), "embeds notify no one");
}

#[tokio::test]
async fn files_come_along_in_a_form() {
    let app = App::start();
    let host = app.discord.url().trim_start_matches("http://").to_owned();
    let body = "--b\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n{\"content\":\"log\"}\r\n--b\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n";
    let request = format!(
        "POST /api/v10/channels/{}/messages HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test\r\nAuthorization: Bot {}\r\nContent-Type: multipart/form-data; boundary=b\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        app.general,
        app.discord.token(),
        body.len()
    );
    let raw = testkit::http::RawClient::ask(host.parse().unwrap(), request).await;
    let sent: Value = serde_json::from_slice(&raw.body).unwrap();
    assert_eq!((raw.status, &sent["content"]), (200, &json!("log")));
    assert_eq!(sent["attachments"][0]["filename"], "a.txt");
    assert_eq!(sent["attachments"][0]["size"], 5);
}

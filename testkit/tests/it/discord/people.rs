//! People: what they see and do, beside what the other files ask.
use serde_json::json;
use testkit::discord::{StandInOptions, permission};

use super::client::App;

#[tokio::test]
async fn stand_ins_are_strangers_to_one_another() {
    let (one, two) = (App::start(), App::start());
    one.discord.user("alice");
    assert_ne!(one.discord.url(), two.discord.url());
    assert_eq!(two.discord.owner().channels().len(), 1);
    one.send(one.general, json!({"content": "x"})).await;
    assert!(two.discord.requests().is_empty());
}

#[tokio::test]
async fn a_user_is_one_user_by_name() {
    let app = App::start();
    assert_eq!(app.discord.user("alice").id(), app.discord.user("alice").id());
    assert_eq!(app.discord.user("alice").name(), "alice");
}

#[tokio::test]
async fn another_guild_is_another_world() {
    let app = App::start();
    let alice = app.discord.user("alice");
    let other = app.discord.add_guild("Other", &alice);
    let mut gateway = app.connect().await;
    gateway.event("GUILD_CREATE").await;
    assert_eq!(app.get(&format!("/guilds/{other}")).await.refusal(), (403, 50001));
    app.discord.invite_bot(other, StandInOptions::default().bot_permissions);
    assert_eq!(gateway.event("GUILD_CREATE").await["id"], json!(other));
    assert_eq!(alice.in_guild(other).channels().len(), 1);
    assert!(app.discord.owner().in_guild(other).channels().is_empty());
    app.discord.kick_bot(other);
    gateway.event("GUILD_DELETE").await;
}

#[tokio::test]
async fn admins_change_what_the_bot_made() {
    let app = App::start();
    let mut gateway = app.connect().await;
    let message = app.send(app.general, json!({"content": "x"})).await.id();
    app.call("PUT", &format!("/channels/{}/pins/{message}", app.general), json!(null)).await;
    app.discord.unpin(app.general, message);
    let alice = app.discord.user("alice");
    assert!(!alice.messages(app.general)[0].is_pinned);
    app.discord.delete_message(app.general, message);
    gateway.event("MESSAGE_DELETE").await;
    app.discord.rename_channel(app.general, "lobby");
    assert_eq!(gateway.event("CHANNEL_UPDATE").await["name"], "lobby");
    app.discord.clear_overwrites(app.general);
    let role = app.discord.bot_role(app.guild).unwrap();
    app.discord.set_permissions(app.guild, role, permission::VIEW_CHANNEL);
    gateway.event("GUILD_ROLE_UPDATE").await;
    let refused =
        app.call("PATCH", &format!("/channels/{}", app.general), json!({"nsfw": true})).await;
    assert_eq!(refused.refusal(), (403, 50013));
    app.discord.delete_role(app.guild, role);
    gateway.event("GUILD_ROLE_DELETE").await;
}

#[tokio::test]
async fn bodies_are_recorded_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let record_to = Some(folder.path().join("bodies"));
    let app = App::with(&StandInOptions { record_to, ..StandInOptions::default() });
    app.send(app.general, json!({"content": "kept"})).await;
    app.send(app.general, json!({"content": ""})).await;
    app.get("/users/@me").await;
    let file = std::fs::read_dir(folder.path().join("bodies")).unwrap().next().unwrap().unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!((&line["method"], &line["body"]["content"]), (&json!("POST"), &json!("kept")));
}

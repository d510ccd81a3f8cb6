//! Channels, categories, overwrites, threads, roles, members.
use serde_json::{Value, json};
use testkit::discord::{Id, StandInOptions, intent, permission};

use super::client::App;

async fn create(app: &App, body: Value) -> super::client::Reply {
    app.call("POST", &format!("/guilds/{}/channels", app.guild), body).await
}

/// Nobody but `user`, administrators and the bot.
fn private(app: &App, user: Id) -> Value {
    let view = permission::VIEW_CHANNEL.to_string();
    json!([
        {"id": app.guild, "type": 0, "allow": "0", "deny": view},
        {"id": user, "type": 1, "allow": view, "deny": "0"},
        {"id": app.bot, "type": 1, "allow": view, "deny": "0"},
    ])
}

#[tokio::test]
async fn a_private_channel_is_seen_by_whom_it_is_for() {
    let app = App::start();
    let (alice, bob) = (app.discord.user("alice"), app.discord.user("bob"));
    let mut gateway = app.connect().await;
    let body =
        json!({"name": "Alice's Table!", "permission_overwrites": private(&app, alice.id())});
    let made = create(&app, body).await;
    assert_eq!((made.status, &made.body["name"]), (201, &json!("alices-table")));
    assert_eq!(
        gateway.event("CHANNEL_CREATE").await["permission_overwrites"].as_array().map(Vec::len),
        Some(3)
    );
    assert!(alice.sees(made.id()) && app.discord.owner().sees(made.id()));
    assert!(!bob.sees(made.id()) && bob.messages(made.id()).is_empty());
    assert_eq!(app.send(made.id(), json!({"content": "x"})).await.status, 200);
}

#[tokio::test]
async fn a_bot_can_shut_itself_out() {
    let app = App::start();
    let deny = json!([{"id": app.guild, "type": 0, "allow": "0", "deny": "1024"}]);
    let made = create(&app, json!({"name": "x", "permission_overwrites": deny})).await;
    assert_eq!(made.status, 201);
    assert_eq!(app.send(made.id(), json!({"content": "x"})).await.refusal(), (403, 50001));
}

#[tokio::test]
async fn a_bot_gives_no_more_than_it_has() {
    let app = App::start();
    let alice = app.discord.user("alice");
    let over = |allow: u64| json!([{"id": alice.id(), "type": 1, "allow": allow.to_string(), "deny": "0"}]);
    for allow in [permission::KICK_MEMBERS, permission::MANAGE_ROLES] {
        let refused =
            create(&app, json!({"name": "x", "permission_overwrites": over(allow)})).await;
        assert_eq!(refused.refusal(), (403, 50013));
    }
    let unknown = json!([{"id": "12345", "type": 0, "allow": "0", "deny": "0"}]);
    let refused = create(&app, json!({"name": "x", "permission_overwrites": unknown})).await;
    assert_eq!(refused.refusal(), (400, 50035));
    let path = format!("/channels/{}/permissions/{}", app.general, alice.id());
    let allow = json!({"type": 1, "allow": "2048", "deny": "0"});
    assert_eq!(app.call("PUT", &path, allow).await.status, 204);
    assert_eq!(app.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(app.call("DELETE", &path, Value::Null).await.refusal(), (404, 10009));
}

#[tokio::test]
async fn fifty_channels_fill_a_category_and_five_hundred_a_guild() {
    let app = App::start();
    let category = app.discord.add_category(app.guild, "tables");
    for at in 0..50 {
        let id = app.discord.add_channel(app.guild, &format!("c{at}"));
        app.discord.move_channel(id, Some(category));
    }
    let body = json!({"name": "x", "parent_id": category});
    let refused = create(&app, body).await;
    assert_eq!(refused.refusal(), (400, 50035));
    assert_eq!(refused.error_at("parent_id"), "CHANNEL_PARENT_MAX_CHANNELS");
    let refused = create(&app, json!({"name": "x", "parent_id": app.general})).await;
    assert_eq!(refused.error_at("parent_id"), "CHANNEL_PARENT_INVALID");
    let refused = create(&app, json!({"name": "x".repeat(101)})).await;
    assert_eq!(refused.error_at("name"), "BASE_TYPE_MAX_LENGTH");
    for at in 0..500 - 52 {
        app.discord.add_channel(app.guild, &format!("d{at}"));
    }
    assert_eq!(create(&app, json!({"name": "x"})).await.refusal(), (400, 30013));
}

#[tokio::test]
async fn a_category_leaves_its_channels_behind() {
    let app = App::start();
    let category = create(&app, json!({"name": "Tables", "type": 4})).await;
    assert_eq!(category.body["name"], "Tables", "categories keep their case");
    let inside = create(&app, json!({"name": "a", "parent_id": category.id()})).await;
    let gone = app.call("DELETE", &format!("/channels/{}", category.id()), Value::Null).await;
    assert_eq!(gone.status, 200);
    let left = app.get(&format!("/channels/{}", inside.id())).await;
    assert_eq!(left.body["parent_id"], Value::Null);
    assert_eq!(app.get(&format!("/channels/{}", category.id())).await.refusal(), (404, 10003));
}

#[tokio::test]
async fn channels_move_many_at_once() {
    let app = App::start();
    let category = app.discord.add_category(app.guild, "tables");
    let body = json!([{"id": app.general, "position": 7, "parent_id": category}]);
    let path = format!("/guilds/{}/channels", app.guild);
    assert_eq!(app.call("PATCH", &path, body).await.status, 204);
    let moved = app.get(&format!("/channels/{}", app.general)).await.body;
    assert_eq!((&moved["position"], &moved["parent_id"]), (&json!(7), &json!(category)));
}

#[tokio::test]
async fn threads_are_made_archived_and_private() {
    let app = App::start();
    let (alice, bob) = (app.discord.user("alice"), app.discord.user("bob"));
    let mut gateway = app.connect().await;
    let body = json!({"name": "Alice", "type": 12, "auto_archive_duration": 10080});
    let path = format!("/channels/{}/threads", app.general);
    let thread = app.call("POST", &path, body).await;
    assert_eq!((thread.status, &thread.body["type"]), (201, &json!(12)));
    assert_eq!(gateway.event("THREAD_CREATE").await["newly_created"], true);
    let members = format!("/channels/{}/thread-members", thread.id());
    assert_eq!(
        app.call("PUT", &format!("{members}/{}", alice.id()), Value::Null).await.status,
        204
    );
    assert!(alice.sees(thread.id()) && !bob.sees(thread.id()));
    let path = format!("/channels/{}", thread.id());
    let archived = app.call("PATCH", &path, json!({"archived": true})).await;
    assert_eq!(archived.body["thread_metadata"]["archived"], true);
    let refused = app.call("PATCH", &path, json!({"name": "x"})).await;
    assert_eq!(refused.refusal(), (400, 50083));
    assert_eq!(app.send(thread.id(), json!({"content": "awake"})).await.status, 200);
    let active = app.get(&format!("/guilds/{}/threads/active", app.guild)).await.body;
    assert_eq!(active["threads"].as_array().map(Vec::len), Some(1));
    let refused = app.call("PATCH", &path, json!({"auto_archive_duration": 5})).await;
    assert_eq!(refused.error_at("auto_archive_duration"), "BASE_TYPE_CHOICES");
}

#[tokio::test]
async fn a_thread_of_a_message_is_there_once() {
    let app = App::start();
    let message = app.send(app.general, json!({"content": "x"})).await.id();
    let path = format!("/channels/{}/messages/{message}/threads", app.general);
    assert_eq!(app.call("POST", &path, json!({"name": "t"})).await.id(), message);
    assert_eq!(app.call("POST", &path, json!({"name": "t"})).await.refusal(), (400, 160_004));
}

#[tokio::test]
async fn roles_obey_the_order() {
    let app = App::start();
    let alice = app.discord.user("alice");
    let path = format!("/guilds/{}/roles", app.guild);
    let made = app.call("POST", &path, json!({"name": "players"})).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.body["colors"]["primary_color"].is_number());
    let give = |role: Id| format!("/guilds/{}/members/{}/roles/{role}", app.guild, alice.id());
    assert_eq!(app.call("PUT", &give(made.id()), Value::Null).await.status, 204);
    let member = app.get(&format!("/guilds/{}/members/{}", app.guild, alice.id())).await.body;
    assert_eq!(member["roles"], json!([made.id()]));
    let above = app.discord.add_role(app.guild, "above", 0);
    assert_eq!(app.call("PUT", &give(above), Value::Null).await.refusal(), (403, 50013));
    let refused = app
        .call("POST", &path, json!({"permissions": permission::ADMINISTRATOR.to_string()}))
        .await;
    assert_eq!(refused.refusal(), (403, 50013));
    let own = app.discord.bot_role(app.guild).unwrap();
    let refused = app.call("DELETE", &format!("{path}/{own}"), Value::Null).await;
    assert_eq!(refused.refusal(), (403, 50013));
    assert_eq!(app.call("DELETE", &format!("{path}/{}", made.id()), Value::Null).await.status, 204);
    let member = app.get(&format!("/guilds/{}/members/{}", app.guild, alice.id())).await.body;
    assert_eq!(member["roles"], json!([]));
}

#[tokio::test]
async fn lists_of_members_need_the_intent() {
    let app = App::start();
    app.discord.user("alice");
    let path = format!("/guilds/{}/members?limit=10", app.guild);
    assert_eq!(app.get(&path).await.refusal(), (403, 50001));
    let found = app.get(&format!("/guilds/{}/members/search?query=ali", app.guild)).await.body;
    assert_eq!(found[0]["user"]["username"], "alice");
    app.discord.grant_intents(intent::GUILD_MEMBERS);
    assert_eq!(app.get(&path).await.body.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn who_is_not_there_is_said_to_be_unknown() {
    let app = App::start();
    let alice = app.discord.user("alice");
    app.discord.leave(app.guild, &alice);
    let member = |user: &str| format!("/guilds/{}/members/{user}", app.guild);
    assert_eq!(app.get(&member(&alice.id().to_string())).await.refusal(), (404, 10007));
    assert_eq!(app.get(&member("5")).await.refusal(), (404, 10013));
    assert_eq!(app.get("/guilds/5").await.refusal(), (404, 10004));
    assert_eq!(app.get("/guilds/five").await.refusal(), (400, 50035));
    assert_eq!(app.get("/users/5").await.refusal(), (404, 10013));
    assert_eq!(app.get("/nothing").await.status, 404);
    app.discord.kick_bot(app.guild);
    assert_eq!(app.get(&format!("/guilds/{}", app.guild)).await.refusal(), (403, 50001));
    assert_eq!(app.get("/users/@me/guilds").await.body, json!([]));
}

#[tokio::test]
async fn a_token_is_needed() {
    let app = App::with(&StandInOptions { token: "right".to_owned(), ..StandInOptions::default() });
    assert_eq!(app.get("/users/@me").await.body["username"], "Refractory");
    let wrong =
        app.call_with("GET", "/users/@me", ("Authorization: Bot wrong\r\n", Value::Null)).await;
    assert_eq!(wrong.refusal(), (401, 0));
    assert_eq!(app.discord.invalid_requests(), 1);
}

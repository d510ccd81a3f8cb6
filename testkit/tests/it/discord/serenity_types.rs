//! What the stand-in says parses as serenity's types. An event that does not is lost there without an error.
use serde_json::{Value, json};
use serenity::model::application::{Command, Interaction};
use serenity::model::channel::{GuildChannel, Message, PrivateChannel};
use serenity::model::event::{Event, GatewayEvent};
use serenity::model::gateway::{BotGateway, Gateway as GatewayAddress};
use serenity::model::guild::{Member, PartialGuild, Role};
use serenity::model::user::CurrentUser;
use testkit::discord::intent;

use super::client::{App, Gateway};

fn parses<T: serde::de::DeserializeOwned>(what: &str, value: &Value) {
    if let Err(why) = T::deserialize(value) {
        panic!("{what}: {why} in {value}");
    }
}

/// The next events up to the one with a name; every one of them is one that serenity knows.
async fn known(gateway: &mut Gateway, until: &str) {
    loop {
        let payload = gateway.next().await.unwrap();
        let event: GatewayEvent = serde_json::from_value(payload.clone())
            .unwrap_or_else(|why| panic!("{why}: {payload}"));
        if let GatewayEvent::Dispatch(_, event) = event {
            assert!(!matches!(event, Event::Unknown(_)), "lost: {payload}");
        }
        if payload["t"] == until {
            return;
        }
    }
}

#[tokio::test]
async fn events_are_known_to_serenity() {
    let app = App::start();
    let mut gateway = Gateway::open(&app.discord).await;
    let intents =
        json!({"intents": intent::GUILDS | intent::GUILD_MESSAGES | intent::GUILD_MEMBERS});
    app.discord.grant_intents(intent::GUILD_MEMBERS);
    gateway.identify(&app.discord.token(), intents).await;
    known(&mut gateway, "READY").await;
    known(&mut gateway, "GUILD_CREATE").await;
    let alice = app.discord.user("alice");
    known(&mut gateway, "GUILD_MEMBER_ADD").await;
    let role = app.discord.add_role(app.guild, "players", 0);
    app.discord.set_role(app.guild, alice.id(), role, true);
    known(&mut gateway, "GUILD_MEMBER_UPDATE").await;
    app.discord.delete_role(app.guild, role);
    known(&mut gateway, "GUILD_ROLE_DELETE").await;
    let channel = app.discord.add_channel(app.guild, "new");
    app.discord.rename_channel(channel, "newer");
    known(&mut gateway, "CHANNEL_UPDATE").await;
    let message = app.send(channel, json!({"content": "x", "embeds": [{"title": "t"}]})).await.id();
    app.call("PUT", &format!("/channels/{channel}/pins/{message}"), Value::Null).await;
    known(&mut gateway, "CHANNEL_PINS_UPDATE").await;
    let path = format!("/channels/{channel}/threads");
    let thread = app.call("POST", &path, json!({"name": "t", "type": 11})).await;
    parses::<GuildChannel>("thread", &thread.body);
    known(&mut gateway, "THREAD_CREATE").await;
    app.discord.delete_channel(channel);
    known(&mut gateway, "CHANNEL_DELETE").await;
    app.discord.leave(app.guild, &alice);
    known(&mut gateway, "GUILD_MEMBER_REMOVE").await;
    app.discord.kick_bot(app.guild);
    known(&mut gateway, "GUILD_DELETE").await;
}

#[tokio::test]
async fn interactions_are_known_to_serenity() {
    let app = App::start();
    app.register(json!([{"name": "a", "description": "d", "options": [
        {"type": 3, "name": "t", "description": "d", "autocomplete": true}, {"type": 6, "name": "u", "description": "d"},
        {"type": 7, "name": "c", "description": "d"}, {"type": 8, "name": "r", "description": "d"},
    ]}]))
    .await;
    let path = format!("/applications/{}/commands", app.id);
    app.call("PUT", &path, json!([{"name": "g", "description": "d"}])).await;
    let mut gateway = app.connect().await;
    let alice = app.discord.user("alice");
    app.discord.add_role(app.guild, "players", 0);
    let options = [("t", "x"), ("u", "alice"), ("c", "general"), ("r", "players")];
    alice.slash("/a", &options).unwrap();
    let command = gateway.event("INTERACTION_CREATE").await;
    parses::<Interaction>("a command", &command);
    let components = json!([{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]);
    app.callback(&command, json!({"type": 4, "data": {"content": "c", "components": components}}))
        .await;
    let answer = app.webhook("GET", (&command, "/messages/@original"), Value::Null).await;
    parses::<Message>("an answer", &answer.body);
    alice.press(&alice.messages(app.general)[0], "Go").unwrap();
    let pressed = gateway.event("INTERACTION_CREATE").await;
    parses::<Interaction>("a button", &pressed);
    let modal = json!({"type": 9, "data": {"title": "t", "custom_id": "m", "components": [
        {"type": 1, "components": [{"type": 4, "style": 1, "custom_id": "n", "label": "N"}]},
    ]}});
    assert_eq!(app.callback(&pressed, modal).await.status, 204);
    let opened = alice.open_modal().expect("a modal is open");
    alice.submit(&opened, &[("N", "x")]).unwrap();
    parses::<Interaction>("a modal", &gateway.event("INTERACTION_CREATE").await);
    alice.in_conversation().slash("/g", &[]).unwrap();
    parses::<Interaction>(
        "a command in a conversation",
        &gateway.event("INTERACTION_CREATE").await,
    );
    let typing = alice.complete("/a", ("t", "x"), &[]);
    let answering = async {
        let got = gateway.event("INTERACTION_CREATE").await;
        parses::<Interaction>("an autocompletion", &got);
        app.callback(&got, json!({"type": 8, "data": {"choices": []}})).await
    };
    let (choices, _) = tokio::join!(typing, answering);
    assert_eq!(choices, Ok(Vec::new()));
}

#[tokio::test]
async fn answers_of_rest_are_known_to_serenity() {
    let app = App::start();
    let alice = app.discord.user("alice");
    parses::<GatewayAddress>("gateway", &app.get("/gateway").await.body);
    parses::<BotGateway>("gateway/bot", &app.get("/gateway/bot").await.body);
    parses::<CurrentUser>("users/@me", &app.get("/users/@me").await.body);
    parses::<PartialGuild>("guild", &app.get(&format!("/guilds/{}", app.guild)).await.body);
    parses::<Vec<Role>>("roles", &app.get(&format!("/guilds/{}/roles", app.guild)).await.body);
    let channels = app.get(&format!("/guilds/{}/channels", app.guild)).await.body;
    parses::<Vec<GuildChannel>>("channels", &channels);
    let mut member = app.get(&format!("/guilds/{}/members/{}", app.guild, alice.id())).await.body;
    // serenity puts the guild in by its own hand.
    member["guild_id"] = json!(app.guild);
    parses::<Member>("member", &member);
    let open = json!({"recipient_id": alice.id()});
    parses::<PrivateChannel>(
        "conversation",
        &app.call("POST", "/users/@me/channels", open).await.body,
    );
    let sent = app.send(app.general, json!({"content": "x"})).await.body;
    parses::<Message>("message", &sent);
    let commands = json!([{"name": "a", "description": "d"}]);
    let path = format!("/applications/{}/commands", app.id);
    parses::<Vec<Command>>("commands", &app.call("PUT", &path, commands).await.body);
}

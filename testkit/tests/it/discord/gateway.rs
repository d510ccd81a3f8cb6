//! The gateway: sessions, shards, resumption, intents, and trouble.
use std::time::Duration;

use serde_json::json;
use testkit::discord::{Trouble, intent, permission};
use tokio_tungstenite::tungstenite::Message;

use super::client::{App, Gateway};

#[tokio::test]
async fn a_session_begins_with_ready_and_guilds() {
    let app = App::start();
    let mut gateway = Gateway::open(&app.discord).await;
    assert_eq!(gateway.heartbeat, 41_250);
    gateway.identify(&app.discord.token(), json!({})).await;
    let ready = gateway.event("READY").await;
    assert_eq!(ready["guilds"], json!([{"id": app.guild, "unavailable": true}]));
    assert_eq!(ready["application"]["id"], json!(app.id));
    let guild = gateway.event("GUILD_CREATE").await;
    assert_eq!(guild["channels"][0]["name"], "general");
    gateway.say(json!({"op": 1, "d": gateway.seq})).await;
    assert_eq!(gateway.next().await.unwrap()["op"], 11);
    assert_eq!(app.discord.identified()[0].intents, 4609);
}

#[tokio::test]
async fn what_a_client_does_wrong_has_a_code() {
    let app = App::start();
    let token = app.discord.token();
    let identify = |more: serde_json::Value| {
        let mut data = json!({"token": token, "intents": 1, "properties": {}});
        for (name, value) in more.as_object().into_iter().flatten() {
            data[name] = value.clone();
        }
        json!({"op": 2, "d": data})
    };
    let cases = [
        (identify(json!({"token": "wrong"})), 4004),
        (identify(json!({"intents": intent::MESSAGE_CONTENT})), 4014),
        (identify(json!({"intents": 1_u64 << 40})), 4013),
        (identify(json!({"shard": [2, 2]})), 4010),
        (json!({"op": 3, "d": {}}), 4003),
        (json!("no payload"), 4002),
        (identify(json!({"properties": {"os": "x".repeat(5000)}})), 4002),
        (json!({"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}), 4004),
    ];
    for (payload, code) in cases {
        let mut gateway = Gateway::open(&app.discord).await;
        gateway.say(payload.clone()).await;
        assert_eq!(gateway.closed().await, code, "{payload}");
    }
    let mut gateway = app.connect().await;
    gateway.identify(&token, json!({})).await;
    assert_eq!(gateway.closed().await, 4005);
    let mut gateway = app.connect().await;
    for _ in 0..120 {
        gateway.say(json!({"op": 1, "d": null})).await;
    }
    assert_eq!(gateway.closed().await, 4008);
}

#[tokio::test]
async fn granted_intents_are_taken_and_content_is_for_those_who_may_read_it() {
    let app = App::start();
    let alice = app.discord.user("alice");
    let mut plain = app.connect().await;
    app.discord.grant_intents(intent::MESSAGE_CONTENT);
    let mut reading = Gateway::open(&app.discord).await;
    let intents =
        json!({"intents": intent::GUILDS | intent::GUILD_MESSAGES | intent::MESSAGE_CONTENT});
    reading.identify(&app.discord.token(), intents).await;
    reading.event("READY").await;
    app.discord.say(&alice, app.general, "secret");
    assert_eq!(plain.event("MESSAGE_CREATE").await["content"], "");
    assert_eq!(reading.event("MESSAGE_CREATE").await["content"], "secret");
}

#[tokio::test]
async fn events_go_by_intents_and_channels_that_are_seen() {
    let app = App::start();
    let alice = app.discord.user("alice");
    let mut guilds = Gateway::open(&app.discord).await;
    guilds.identify(&app.discord.token(), json!({"intents": intent::GUILDS})).await;
    guilds.event("READY").await;
    let mut all = app.connect().await;
    let hidden = app.discord.add_channel(app.guild, "hidden");
    app.discord.deny_bot(hidden, permission::VIEW_CHANNEL);
    app.discord.say(&alice, hidden, "not seen");
    let seen = app.discord.say(&alice, app.general, "seen");
    app.discord.add_role(app.guild, "end", 0);
    assert_eq!(all.event("MESSAGE_CREATE").await["id"], json!(seen));
    let names = guilds.events_until("GUILD_ROLE_CREATE").await;
    assert!(!names.contains(&"MESSAGE_CREATE".to_owned()), "{names:?}");
    app.discord.join(app.guild, &app.discord.user("bob"));
    app.discord.kick_bot(app.guild);
    let names = all.events_until("GUILD_DELETE").await;
    assert!(
        !names.contains(&"GUILD_MEMBER_ADD".to_owned()),
        "members need their intent: {names:?}"
    );
}

#[tokio::test]
async fn a_resumed_session_gets_what_it_missed() {
    let app = App::start();
    let alice = app.discord.user("alice");
    let mut gateway = Gateway::open(&app.discord).await;
    gateway.identify(&app.discord.token(), json!({})).await;
    let session = gateway.event("READY").await["session_id"].clone();
    gateway.event("GUILD_CREATE").await;
    app.discord.close_connections(4000);
    assert_eq!(gateway.closed().await, 4000);
    app.discord.wait("lost connection", |it| it.connections().is_empty().then_some(())).await;
    app.discord.say(&alice, app.general, "missed");
    let resume = |seq: u64| json!({"op": 6, "d": {"token": app.discord.token(), "session_id": session, "seq": seq}});
    let mut again = Gateway::open(&app.discord).await;
    again.say(resume(gateway.seq)).await;
    assert_eq!(again.events_until("RESUMED").await, ["MESSAGE_CREATE", "RESUMED"]);
    assert_eq!(app.discord.resumed(), 1);
    let mut ahead = Gateway::open(&app.discord).await;
    ahead.say(resume(1000)).await;
    assert_eq!(ahead.closed().await, 4007);
    app.discord.invalidate_sessions(false);
    assert_eq!(again.next().await.unwrap()["op"], 9);
    let mut gone = Gateway::open(&app.discord).await;
    gone.say(resume(1)).await;
    let invalid = gone.next().await.unwrap();
    assert_eq!((&invalid["op"], &invalid["d"]), (&json!(9), &json!(false)));
}

#[tokio::test]
async fn a_client_is_asked_to_reconnect() {
    let app = App::start();
    let mut gateway = app.connect().await;
    gateway.event("GUILD_CREATE").await;
    app.discord.request_reconnect();
    assert_eq!(gateway.next().await.unwrap()["op"], 7);
}

#[tokio::test]
async fn a_silent_connection_stays_open_and_says_nothing() {
    let app = App::start();
    let mut gateway = app.connect().await;
    gateway.event("GUILD_CREATE").await;
    app.discord.silence_connections();
    app.discord.add_role(app.guild, "unseen", 0);
    gateway.say(json!({"op": 1, "d": null})).await;
    let nothing = tokio::time::timeout(Duration::from_millis(200), gateway.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    assert_eq!(app.discord.connections().len(), 1);
    app.discord.drop_connections();
    assert_eq!(gateway.closed().await, 0, "dropped without a word");
}

#[tokio::test]
async fn a_client_without_heartbeats_is_closed() {
    let app = App::start();
    app.discord.set_heartbeat(Duration::from_millis(100));
    let mut gateway = app.connect().await;
    assert_eq!((gateway.heartbeat, gateway.closed().await), (100, 4009));
}

#[tokio::test]
async fn payloads_are_compressed_where_that_is_asked_for() {
    let app = App::start();
    let mut gateway = Gateway::open(&app.discord).await;
    gateway.identify(&app.discord.token(), json!({"compress": true})).await;
    gateway.event("GUILD_CREATE").await;
    assert!(gateway.was_compressed);
}

#[tokio::test]
async fn shards_get_their_guilds_and_the_first_one_conversations() {
    let app = App::start();
    let owner = app.discord.owner();
    let own = (app.guild.0 >> 22) % 2;
    let mut shards = Vec::new();
    for at in 0..2 {
        let mut gateway = Gateway::open(&app.discord).await;
        gateway.identify(&app.discord.token(), json!({"shard": [at, 2]})).await;
        let ready = gateway.event("READY").await;
        assert_eq!(ready["guilds"].as_array().map(Vec::len), Some(usize::from(at == own)));
        shards.push(gateway);
    }
    app.register(json!([])).await;
    app.call(
        "PUT",
        &format!("/applications/{}/commands", app.id),
        json!([{"name": "a", "description": "d"}]),
    )
    .await;
    owner.slash("/a", &[]).unwrap();
    owner.in_conversation().slash("/a", &[]).unwrap();
    let of_guild = shards[usize::try_from(own).unwrap()].event("INTERACTION_CREATE").await;
    assert_eq!(of_guild["guild_id"], json!(app.guild));
    let of_dm = shards[0].event("INTERACTION_CREATE").await;
    assert!(of_dm["guild_id"].is_null() || own == 0);
}

#[tokio::test]
async fn two_clients_of_one_bot_both_get_everything() {
    let app = App::start();
    app.register(json!([{"name": "a", "description": "d"}])).await;
    let (mut first, mut second) = (app.connect().await, app.connect().await);
    app.discord.user("alice").slash("/a", &[]).unwrap();
    let (one, two) =
        (first.event("INTERACTION_CREATE").await, second.event("INTERACTION_CREATE").await);
    assert_eq!(one["id"], two["id"]);
}

#[tokio::test]
async fn one_identify_in_five_seconds_where_that_is_limited() {
    let app = App::start();
    app.discord.limit_identify(true);
    let _first = app.connect().await;
    let mut second = Gateway::open(&app.discord).await;
    second.identify(&app.discord.token(), json!({})).await;
    assert_eq!(second.next().await.unwrap()["op"], 9);
    app.discord.advance(Duration::from_secs(5));
    second.identify(&app.discord.token(), json!({})).await;
    second.event("READY").await;
}

#[tokio::test]
async fn the_gateway_can_be_down_and_guilds_away() {
    let app = App::start();
    let mut gateway = app.connect().await;
    app.discord.set_guild_available(app.guild, false);
    assert_eq!(gateway.event("GUILD_DELETE").await["unavailable"], true);
    app.discord.set_guild_available(app.guild, true);
    gateway.event("GUILD_CREATE").await;
    app.discord.set_gateway_down(true);
    gateway.closed().await;
    let url = format!("{}?v=10", app.discord.gateway_url());
    assert!(tokio_tungstenite::connect_async(&url).await.is_err());
    app.discord.set_gateway_down(false);
    app.connect().await;
}

#[tokio::test]
async fn addresses_of_the_gateway_and_its_limits_are_told() {
    let app = App::start();
    app.discord.recommend_shards(3);
    assert_eq!(app.get("/gateway").await.body["url"], json!(app.discord.gateway_url()));
    app.connect().await;
    let bot = app.get("/gateway/bot").await.body;
    assert_eq!(
        (&bot["shards"], &bot["session_start_limit"]["remaining"]),
        (&json!(3), &json!(999))
    );
    let old = format!("{}?v=9", app.discord.gateway_url());
    let (mut socket, _) = tokio_tungstenite::connect_async(old).await.unwrap();
    let message = futures_util::StreamExt::next(&mut socket).await.unwrap().unwrap();
    let Message::Close(Some(frame)) = message else { panic!("{message}") };
    assert_eq!(u16::from(frame.code), 4012);
}

#[tokio::test]
async fn requests_fail_on_request() {
    let app = App::start();
    let path = format!("/channels/{}/messages", app.general);
    app.discord.fail("POST", "/channels/*/messages", Trouble::Refused(503), 1);
    assert_eq!(app.send(app.general, json!({"content": "a"})).await.status, 503);
    assert!(app.discord.owner().messages(app.general).is_empty());
    app.discord.fail("POST", &path, Trouble::DoneButRefused(502), 1);
    assert_eq!(app.send(app.general, json!({"content": "b"})).await.status, 502);
    assert_eq!(app.discord.owner().messages(app.general).len(), 1, "done, and not said");
    app.discord.fail("*", &path, Trouble::RateLimited(Duration::from_millis(1500)), 1);
    let limited = app.send(app.general, json!({"content": "c"})).await;
    assert_eq!((limited.status, &limited.body["retry_after"]), (429, &json!(1.5)));
    let seen = app.discord.wait_request("refused message", |it| it.status == 503).await;
    assert!(seen.is("POST", "/channels/*/messages") && seen.body["content"] == "a");
}

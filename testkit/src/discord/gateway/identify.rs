//! IDENTIFY and RESUME.
use std::collections::VecDeque;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::session::{Out, SeenIdentify, Session};
use crate::discord::events::intent;
use crate::discord::model::Account;
use crate::discord::world::World;

/// Within so many milliseconds there is one IDENTIFY, where the limit is on.
const BETWEEN: u64 = 5_000;

/// Why a session does not come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The connection is closed with this code.
    Close(u16),
    /// op 9, without a way to resume.
    Invalid,
}

/// Begins a session; what it gets first is on its way.
pub(super) fn identify(
    world: &mut World,
    data: &Value,
    (connection, out, base): (u64, &UnboundedSender<Out>, &str),
) -> Result<(), Refusal> {
    if data["token"].as_str().map(bare) != Some(&world.application.token) {
        return Err(Refusal::Close(4004));
    }
    let intents = data["intents"].as_u64().ok_or(Refusal::Close(4013))?;
    if intents & !intent::ALL != 0 {
        return Err(Refusal::Close(4013));
    }
    if intents & intent::PRIVILEGED & !world.application.granted != 0 {
        return Err(Refusal::Close(4014));
    }
    let shard = shard(&data["shard"]).ok_or(Refusal::Close(4010))?;
    if !data["properties"].is_object() {
        return Err(Refusal::Close(4002));
    }
    let now = world.now();
    let early = world.gateway.identified > 0 && now < world.gateway.last_identify + BETWEEN;
    if world.gateway.limits_identify && early {
        return Err(Refusal::Invalid);
    }
    let id = format!("{:032x}", world.new_id().0);
    let compress = data["compress"].as_bool().unwrap_or(false);
    let gateway = &mut world.gateway;
    (gateway.identified, gateway.last_identify) = (gateway.identified + 1, now);
    gateway.seen.push(SeenIdentify { shard, intents, compress });
    let session = Session {
        id: id.clone(),
        shard,
        intents,
        seq: 0,
        sent: VecDeque::new(),
        out: Some(out.clone()),
        connection,
    };
    greet(world, session, base);
    Ok(())
}

fn bare(token: &str) -> &str {
    token.strip_prefix("Bot ").unwrap_or(token)
}

fn shard(value: &Value) -> Option<(u64, u64)> {
    if value.is_null() {
        return Some((0, 1));
    }
    let (at, of) = (value[0].as_u64()?, value[1].as_u64()?);
    (at < of).then_some((at, of))
}

/// READY, and the guilds of the shard.
fn greet(world: &mut World, mut session: Session, base: &str) {
    let app = &world.application;
    let own = world.guilds.values().filter(|guild| guild.members.contains_key(&app.bot));
    let own: Vec<_> = own.filter(|guild| session.has(Some(guild.id))).map(|it| it.id).collect();
    let unavailable: Vec<_> = own.iter().map(|id| json!({"id": id, "unavailable": true})).collect();
    let mut user = world.users.get(&app.bot).map_or(Value::Null, Account::json);
    for (name, value) in
        [("verified", json!(true)), ("mfa_enabled", json!(true)), ("email", Value::Null)]
    {
        user[name] = value;
    }
    let ready = json!({
        "v": 10, "user": user, "guilds": unavailable, "session_id": session.id, "session_type": "normal",
        "resume_gateway_url": format!("ws://{base}/gw"), "shard": [session.shard.0, session.shard.1],
        "application": {"id": app.id, "flags": 0}, "private_channels": [], "relationships": [], "presences": [],
        "user_settings": {}, "guild_join_requests": [], "game_relationships": [], "geo_ordered_rtc_regions": [],
        "_trace": ["stand-in"],
    });
    session.send("READY", &ready);
    if session.intents & intent::GUILDS != 0 {
        for guild in own {
            if let Some(data) = world.guild_created(guild) {
                session.send("GUILD_CREATE", &data);
            }
        }
    }
    world.gateway.sessions.push(session);
}

/// Goes on with a session, and sends what was missed.
pub(super) fn resume(
    world: &mut World,
    data: &Value,
    (connection, out): (u64, &UnboundedSender<Out>),
) -> Result<(), Refusal> {
    if data["token"].as_str().map(bare) != Some(&world.application.token) {
        return Err(Refusal::Close(4004));
    }
    let seq = data["seq"].as_u64().ok_or(Refusal::Close(4002))?;
    let id = data["session_id"].as_str().unwrap_or_default();
    let found = world.gateway.sessions.iter_mut().find(|session| session.id == id);
    let session = found.ok_or(Refusal::Invalid)?;
    if seq > session.seq {
        return Err(Refusal::Close(4007));
    }
    let oldest = session.sent.front().map_or(session.seq + 1, |(seq, _)| *seq);
    if seq + 1 < oldest {
        return Err(Refusal::Invalid);
    }
    session.out = Some(out.clone());
    session.connection = connection;
    let missed: Vec<_> =
        session.sent.iter().filter(|(at, _)| *at > seq).map(|(_, text)| text.clone()).collect();
    for payload in missed {
        session.say(Out::Send(payload));
    }
    session.send("RESUMED", &json!({"_trace": ["stand-in"]}));
    world.gateway.resumed += 1;
    Ok(())
}

//! Which handler a call is for.
use serde_json::json;

use super::call::{Answer, Answered, Call, path_id};
use super::{channels, commands, guilds, messages, overwrites, pins, roles, threads, users};
use crate::discord::error::NOT_FOUND;
use crate::discord::interactions::{answer_callback, answer_webhook};
use crate::discord::world::World;

/// The answer to `call` of an app that has shown its token where one is needed; `base` is this server's `host:port`.
pub(crate) fn answer(world: &mut World, call: &Call, base: &str) -> Answered {
    match call.parts().as_slice() {
        ["gateway", rest @ ..] => gateway(world, rest, base),
        ["users", rest @ ..] => users::answer(world, call, rest),
        ["oauth2", "applications", "@me"] | ["applications", "@me"] => {
            Ok(Answer::ok(users::application(world)))
        }
        ["applications", id, rest @ ..] => commands::answer(world, call, path_id(id)?, rest),
        ["guilds", id, rest @ ..] => of_guild(world, call, path_id(id)?, rest),
        ["channels", id, rest @ ..] => of_channel(world, call, path_id(id)?, rest),
        ["interactions", id, token, "callback"] => {
            answer_callback(world, call, path_id(id)?, token)
        }
        ["webhooks", app, token, rest @ ..] => {
            answer_webhook(world, call, (path_id(app)?, token), rest)
        }
        _ => Err(NOT_FOUND.into()),
    }
}

fn gateway(world: &World, rest: &[&str], base: &str) -> Answered {
    let url = format!("ws://{base}/gw");
    match rest {
        [] => Ok(Answer::ok(json!({"url": url}))),
        ["bot"] => Ok(Answer::ok(json!({
            "url": url, "shards": world.gateway.recommended_shards,
            "session_start_limit": {
                "total": 1000, "remaining": 1000_u64.saturating_sub(world.gateway.identified),
                "reset_after": 86_400_000, "max_concurrency": 1,
            },
        }))),
        _ => Err(NOT_FOUND.into()),
    }
}

fn of_guild(
    world: &mut World,
    call: &Call,
    guild: super::super::model::Id,
    rest: &[&str],
) -> Answered {
    match rest {
        ["channels", ..] => channels::of_guild(world, call, guild),
        ["threads", "active"] => threads::active(world, guild),
        ["roles", rest @ ..] => roles::answer(world, call, guild, rest),
        ["members", rest @ ..] => guilds::members(world, call, guild, rest),
        _ => guilds::answer(world, call, guild, rest),
    }
}

fn of_channel(
    world: &mut World,
    call: &Call,
    id: super::super::model::Id,
    rest: &[&str],
) -> Answered {
    match rest {
        [] => channels::answer(world, call, id),
        ["permissions", over] => overwrites::answer(world, call, id, path_id(over)?),
        ["pins", ..] | ["messages", "pins", ..] => pins::answer(world, call, id, rest),
        ["messages", _, "threads"] | ["thread-members" | "threads", ..] => {
            threads::answer(world, call, id, rest)
        }
        ["messages", rest @ ..] => messages::answer(world, call, id, rest),
        ["typing"] => {
            world.channel(id, 0)?;
            Ok(Answer::empty())
        }
        _ => Err(NOT_FOUND.into()),
    }
}

//! Threads.
use std::collections::BTreeSet;

use serde_json::json;

use super::call::{Answer, Answered, Call, path_id};
use crate::discord::clock::written;
use crate::discord::error::{
    ARCHIVED_THREAD, METHOD_NOT_ALLOWED, NOT_FOUND, THREAD_EXISTS, TOO_MANY_THREADS,
    UNKNOWN_MEMBER, UNKNOWN_USER, WRONG_CHANNEL_TYPE,
};
use crate::discord::events::ChannelChange;
use crate::discord::limits::{Naming, check_channel};
use crate::discord::model::{Channel, Id, Thread, kind};
use crate::discord::permissions::permission::{
    CREATE_PRIVATE_THREADS, CREATE_PUBLIC_THREADS, MANAGE_THREADS, SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
};
use crate::discord::world::World;

/// What changing and deleting a thread of others needs.
pub(super) const MANAGE: u64 = MANAGE_THREADS;
/// Threads of a guild that are not archived.
const ACTIVE: usize = 1000;

/// `/guilds/{id}/threads/active`.
pub(super) fn active(world: &World, guild: Id) -> Answered {
    world.guild(guild)?;
    let bot = world.application.bot;
    let sees = |thread: &&Channel| {
        thread.guild == Some(guild)
            && thread.thread.as_ref().is_some_and(|it| !it.is_archived)
            && world.permissions(thread, bot) & VIEW_CHANNEL != 0
    };
    let threads: Vec<_> = world.channels.values().filter(sees).map(Channel::json).collect();
    Ok(Answer::ok(json!({"threads": threads, "members": []})))
}

pub(super) fn answer(world: &mut World, call: &Call, id: Id, rest: &[&str]) -> Answered {
    match (call.method.as_str(), rest) {
        ("POST", ["threads"]) => {
            // Without a kind it is a private one.
            let kind = call.body["type"].as_u64().unwrap_or(kind::PRIVATE_THREAD);
            create(world, call, id, (kind, None))
        }
        ("POST", ["messages", message, "threads"]) => {
            let message = world.message(id, path_id(message)?)?.id;
            if world.channels.contains_key(&message) {
                return Err(THREAD_EXISTS.into());
            }
            create(world, call, id, (kind::PUBLIC_THREAD, Some(message)))
        }
        ("GET", ["threads", "archived", "public" | "private"]) => archived(world, id, rest),
        (_, ["thread-members", rest @ ..]) => members(world, call, id, rest),
        _ => Err(NOT_FOUND.into()),
    }
}

fn create(world: &mut World, call: &Call, parent: Id, (kind, id): (u64, Option<Id>)) -> Answered {
    let needed = match kind {
        kind::PRIVATE_THREAD => CREATE_PRIVATE_THREADS,
        kind::PUBLIC_THREAD => CREATE_PUBLIC_THREADS,
        _ => return Err(WRONG_CHANNEL_TYPE.into()),
    };
    let found = world.channel(parent, needed)?;
    if !matches!(found.kind, kind::TEXT | kind::ANNOUNCEMENT) {
        return Err(WRONG_CHANNEL_TYPE.into());
    }
    let guild = found.guild;
    check_channel(&call.body, Naming::Required)?;
    let is_active = |it: &&Channel| {
        it.guild == guild && it.thread.as_ref().is_some_and(|thread| !thread.is_archived)
    };
    if world.channels.values().filter(is_active).count() >= ACTIVE {
        return Err(TOO_MANY_THREADS.into());
    }
    let id = id.unwrap_or_else(|| world.new_id());
    let mut thread =
        Channel::named(id, guild, kind, call.body["name"].as_str().unwrap_or_default());
    thread.parent = Some(parent);
    thread.thread = Some(Thread {
        owner: world.application.bot,
        members: BTreeSet::from([world.application.bot]),
        is_archived: false,
        is_locked: false,
        invitable: call.body["invitable"].as_bool().unwrap_or(true),
        archive_after: call.body["auto_archive_duration"].as_u64().unwrap_or(4320),
        archived_at: world.now(),
    });
    world.channels.insert(id, thread.clone());
    world.channel_event(ChannelChange::Created, &thread);
    Ok(Answer::created(thread.json()))
}

fn archived(world: &World, parent: Id, rest: &[&str]) -> Answered {
    world.channel(parent, 0)?;
    let wanted = if rest.contains(&"private") { kind::PRIVATE_THREAD } else { kind::PUBLIC_THREAD };
    let threads = world.channels.values().filter(|it| {
        it.parent == Some(parent)
            && it.kind == wanted
            && it.thread.as_ref().is_some_and(|thread| thread.is_archived)
    });
    let threads: Vec<_> = threads.map(Channel::json).collect();
    Ok(Answer::ok(json!({"threads": threads, "members": [], "has_more": false})))
}

/// `PATCH` of a thread.
pub(super) fn change(world: &mut World, call: &Call, mut channel: Channel) -> Answered {
    let body = &call.body;
    check_channel(body, Naming::Optional)?;
    let own = channel.thread.as_ref().is_some_and(|it| it.owner == world.application.bot);
    let unlocks = body["locked"].is_boolean();
    world.channel(channel.id, if own && !unlocks { 0 } else { MANAGE_THREADS })?;
    let now = world.now();
    if let Some(thread) = &mut channel.thread {
        if thread.is_archived && body["archived"] != false {
            return Err(ARCHIVED_THREAD.into());
        }
        if let Some(archived) = body["archived"].as_bool() {
            thread.is_archived = archived;
            thread.archived_at = now;
        }
        thread.is_locked = body["locked"].as_bool().unwrap_or(thread.is_locked);
        thread.invitable = body["invitable"].as_bool().unwrap_or(thread.invitable);
        thread.archive_after =
            body["auto_archive_duration"].as_u64().unwrap_or(thread.archive_after);
    }
    if let Some(name) = body["name"].as_str() {
        name.trim().clone_into(&mut channel.name);
    }
    world.channels.insert(channel.id, channel.clone());
    world.channel_event(ChannelChange::Updated, &channel);
    Ok(Answer::ok(channel.json()))
}

fn members(world: &mut World, call: &Call, id: Id, rest: &[&str]) -> Answered {
    let channel = world.channel(id, 0)?;
    let Some(thread) = channel.thread.clone() else { return Err(WRONG_CHANNEL_TYPE.into()) };
    let guild = channel.guild;
    let member = |user: Id| json!({"id": id, "user_id": user, "join_timestamp": written(id.millis()), "flags": 0});
    let [user] = rest else {
        return Ok(Answer::ok(thread.members.iter().copied().map(member).collect()));
    };
    let bot = world.application.bot;
    let user = if *user == "@me" { bot } else { path_id(user)? };
    match call.method.as_str() {
        "GET" if thread.members.contains(&user) => Ok(Answer::ok(member(user))),
        "GET" => Err(UNKNOWN_MEMBER.into()),
        "PUT" | "DELETE" => {
            let adds = call.method == "PUT";
            let in_guild = guild.and_then(|guild| world.guilds.get(&guild));
            if adds && !in_guild.is_some_and(|guild| guild.members.contains_key(&user)) {
                return Err(UNKNOWN_USER.into());
            }
            let needed = if adds { SEND_MESSAGES_IN_THREADS } else { MANAGE_THREADS };
            world.channel(id, if thread.owner == bot { 0 } else { needed })?;
            if thread.is_archived {
                return Err(ARCHIVED_THREAD.into());
            }
            if let Some(thread) = world.channels.get_mut(&id).and_then(|it| it.thread.as_mut()) {
                if adds {
                    thread.members.insert(user);
                } else {
                    thread.members.remove(&user);
                }
            }
            Ok(Answer::empty())
        }
        _ => Err(METHOD_NOT_ALLOWED.into()),
    }
}

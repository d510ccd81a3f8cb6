//! Messages in channels.
use serde_json::{Value, json};

use super::call::{Answer, Answered, Call, body_id, path_id};
use super::compose::{CHANNEL_FLAGS, Composed, compose, edit};
use crate::discord::error::{
    ARCHIVED_THREAD, ApiError, BAD_BULK_DELETE, DM_REFUSED, METHOD_NOT_ALLOWED, NO_TEXT_CHANNEL,
    NOT_FOUND, NOT_THE_AUTHOR, SYSTEM_MESSAGE,
};
use crate::discord::limits::check_message;
use crate::discord::model::{Id, Message};
use crate::discord::permissions::permission::{
    ATTACH_FILES, EMBED_LINKS, MANAGE_MESSAGES, READ_MESSAGE_HISTORY, SEND_MESSAGES,
};
use crate::discord::world::{SeenNonce, World};

/// How long a nonce is remembered.
const NONCE: u64 = 300_000;

pub(super) fn answer(world: &mut World, call: &Call, channel: Id, rest: &[&str]) -> Answered {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, channel),
        ("POST", []) => create(world, call, channel),
        ("POST", ["bulk-delete"]) => bulk_delete(world, call, channel),
        ("GET", [id]) => {
            world.channel(channel, READ_MESSAGE_HISTORY)?;
            let message = world.message(channel, path_id(id)?)?;
            Ok(Answer::ok(world.message_json(message)))
        }
        ("PATCH", [id]) => change(world, call, channel, path_id(id)?),
        ("DELETE", [id]) => delete(world, channel, path_id(id)?),
        (_, [] | [_]) => Err(METHOD_NOT_ALLOWED.into()),
        _ => Err(NOT_FOUND.into()),
    }
}

fn list(world: &World, call: &Call, channel: Id) -> Answered {
    world.channel(channel, 0)?;
    let most = call.number("limit", 50, 100)?;
    let Ok(_) = world.channel(channel, READ_MESSAGE_HISTORY) else {
        return Ok(Answer::ok(json!([])));
    };
    let all = world.messages.get(&channel).into_iter().flatten().map(|(_, message)| message);
    let all = all.filter(|message| !message.is_ephemeral());
    let (before, after) = (call.id("before"), call.id("after"));
    let within = |message: &&Message| {
        before.is_none_or(|id| message.id < id) && after.is_none_or(|id| message.id > id)
    };
    let mut found: Vec<_> = all.filter(within).collect();
    if after.is_some() {
        found.truncate(most);
    }
    found.reverse();
    found.truncate(most);
    Ok(Answer::ok(found.into_iter().map(|message| world.message_json(message)).collect()))
}

/// What a message needs: to be sent, and for what is in it.
fn needed(body: &Value, files: usize) -> u64 {
    let embeds = body["embeds"].as_array().is_some_and(|embeds| !embeds.is_empty());
    SEND_MESSAGES | if embeds { EMBED_LINKS } else { 0 } | if files > 0 { ATTACH_FILES } else { 0 }
}

fn create(world: &mut World, call: &Call, channel: Id) -> Answered {
    let found = world.channel(channel, 0)?;
    if !found.has_text() {
        return Err(NO_TEXT_CHANNEL.into());
    }
    let (recipient, thread) = (found.recipient, found.thread.clone());
    check_message(&call.body, "", true, call.files.len())?;
    world.channel(channel, needed(&call.body, call.files.len()))?;
    if let Some(recipient) = recipient {
        takes_dms(world, recipient)?;
    }
    if thread.is_some_and(|thread| thread.is_locked) {
        return Err(ARCHIVED_THREAD.into());
    }
    if let Some(known) = known_nonce(world, call, channel) {
        return Ok(Answer::ok(known));
    }
    let from = Composed { body: &call.body, files: &call.files, flags: CHANNEL_FLAGS };
    let mut message = compose(world, channel, &from);
    let nonce = call.body.get("nonce").filter(|nonce| !nonce.is_null()).cloned();
    message.nonce.clone_from(&nonce);
    if let Some(nonce) = nonce {
        let until = world.now() + NONCE;
        world.nonces.push(SeenNonce { channel, nonce, message: message.id, until });
    }
    // A message wakes an archived thread.
    if let Some(thread) = world.channels.get_mut(&channel).and_then(|it| it.thread.as_mut()) {
        thread.is_archived = false;
    }
    world.post(&message);
    Ok(Answer::ok(world.message_json(&message)))
}

/// The message of a nonce that was sent already, where the sender wants it to be unique.
fn known_nonce(world: &mut World, call: &Call, channel: Id) -> Option<Value> {
    let now = world.now();
    world.nonces.retain(|seen| seen.until > now);
    if call.body["enforce_nonce"] != true {
        return None;
    }
    let nonce = call.body.get("nonce")?;
    let seen = world.nonces.iter().find(|seen| seen.channel == channel && seen.nonce == *nonce)?;
    world.message(channel, seen.message).ok().map(|message| world.message_json(message))
}

/// Whether `user` takes direct messages of the bot: a guild is shared, and they are not closed.
fn takes_dms(world: &World, user: Id) -> Result<(), ApiError> {
    let bot = world.application.bot;
    let shared = |guild: &super::super::model::Guild| {
        guild.members.contains_key(&bot) && guild.members.contains_key(&user)
    };
    let takes = world.users.get(&user).is_some_and(|user| user.takes_dms && !user.is_bot);
    if takes && world.guilds.values().any(shared) { Ok(()) } else { Err(DM_REFUSED.into()) }
}

fn change(world: &mut World, call: &Call, channel: Id, id: Id) -> Answered {
    world.channel(channel, 0)?;
    let mut message = world.message(channel, id)?.clone();
    check_message(&call.body, "", false, call.files.len())?;
    let is_own = message.author == world.application.bot;
    if !is_own {
        let only_flags =
            call.body.as_object().is_some_and(|body| body.keys().all(|key| key == "flags"));
        if !only_flags {
            return Err(NOT_THE_AUTHOR.into());
        }
        world.channel(channel, MANAGE_MESSAGES)?;
    }
    edit(world, &mut message, &call.body);
    check_left(&message)?;
    store(world, &message);
    Ok(Answer::ok(world.message_json(&message)))
}

/// An edited message may not become empty.
fn check_left(message: &Message) -> Result<(), ApiError> {
    let lists = [&message.embeds, &message.components, &message.attachments];
    let empty = message.content.is_empty()
        && lists.iter().all(|list| list.as_array().is_none_or(Vec::is_empty));
    if empty { Err(super::super::error::EMPTY_MESSAGE.into()) } else { Ok(()) }
}

/// Puts a changed message in its place, and tells of it.
pub(super) fn store(world: &mut World, message: &Message) {
    world.messages.entry(message.channel).or_default().insert(message.id, message.clone());
    world.message_event("MESSAGE_UPDATE", message);
}

fn delete(world: &mut World, channel: Id, id: Id) -> Answered {
    world.channel(channel, 0)?;
    let message = world.message(channel, id)?;
    if message.author != world.application.bot {
        if world.channels.get(&channel).is_some_and(|it| it.guild.is_none()) {
            return Err(SYSTEM_MESSAGE.into());
        }
        world.channel(channel, MANAGE_MESSAGES)?;
    }
    world.remove_message(channel, id);
    Ok(Answer::empty())
}

fn bulk_delete(world: &mut World, call: &Call, channel: Id) -> Answered {
    world.channel(channel, MANAGE_MESSAGES)?;
    let ids: Vec<_> =
        call.body["messages"].as_array().into_iter().flatten().filter_map(body_id).collect();
    if !(2..=100).contains(&ids.len()) {
        return Err(BAD_BULK_DELETE.into());
    }
    for id in ids {
        world.remove_message(channel, id);
    }
    Ok(Answer::empty())
}

//! Pins: by the former addresses and the present ones.
use serde_json::json;

use super::call::{Answer, Answered, Call, path_id};
use super::messages::store;
use crate::discord::clock::written;
use crate::discord::error::{METHOD_NOT_ALLOWED, SYSTEM_MESSAGE, TOO_MANY_PINS};
use crate::discord::model::{Id, Message};
use crate::discord::permissions::permission::{PIN_MESSAGES, READ_MESSAGE_HISTORY};
use crate::discord::world::World;

/// Pins of one channel.
const MOST: usize = 50;

pub(super) fn answer(world: &mut World, call: &Call, channel: Id, rest: &[&str]) -> Answered {
    match (call.method.as_str(), rest) {
        ("GET", ["pins"]) => {
            world.channel(channel, READ_MESSAGE_HISTORY)?;
            let pins = pinned(world, channel);
            Ok(Answer::ok(pins.into_iter().map(|pin| world.message_json(pin)).collect()))
        }
        ("GET", ["messages", "pins"]) => paged(world, call, channel),
        ("PUT", ["pins", id] | ["messages", "pins", id]) => pin(world, channel, path_id(id)?),
        ("DELETE", ["pins", id] | ["messages", "pins", id]) => unpin(world, channel, path_id(id)?),
        _ => Err(METHOD_NOT_ALLOWED.into()),
    }
}

/// The pins of a channel, newest first.
fn pinned(world: &World, channel: Id) -> Vec<&Message> {
    let all = world.messages.get(&channel).into_iter().flatten().rev();
    all.map(|(_, message)| message).filter(|message| message.is_pinned).collect()
}

fn paged(world: &World, call: &Call, channel: Id) -> Answered {
    world.channel(channel, READ_MESSAGE_HISTORY)?;
    let most = call.number("limit", 50, 50)?;
    let pins = pinned(world, channel);
    let has_more = pins.len() > most;
    let items = pins.into_iter().take(most).map(
        |pin| json!({"pinned_at": written(pin.id.millis()), "message": world.message_json(pin)}),
    );
    Ok(Answer::ok(json!({"items": items.collect::<Vec<_>>(), "has_more": has_more})))
}

/// In a conversation both may pin.
fn needed(world: &World, channel: Id) -> u64 {
    let in_guild = world.channels.get(&channel).is_some_and(|it| it.guild.is_some());
    if in_guild { PIN_MESSAGES | READ_MESSAGE_HISTORY } else { 0 }
}

fn pin(world: &mut World, channel: Id, id: Id) -> Answered {
    world.channel(channel, needed(world, channel))?;
    let mut message = world.message(channel, id)?.clone();
    if message.kind == 6 {
        return Err(SYSTEM_MESSAGE.into());
    }
    if message.is_pinned {
        return Ok(Answer::empty());
    }
    if pinned(world, channel).len() >= MOST {
        return Err(TOO_MANY_PINS.into());
    }
    message.is_pinned = true;
    store(world, &message);
    let now = world.now();
    if let Some(channel) = world.channels.get_mut(&channel) {
        channel.last_pin = Some(now);
    }
    world.pins_event(channel);
    // The channel says who pinned what.
    let notice = world.new_id();
    let mut notice = Message::by(notice, channel, world.application.bot);
    notice.kind = 6;
    notice.reference = Some(id);
    world.post(&notice);
    Ok(Answer::empty())
}

fn unpin(world: &mut World, channel: Id, id: Id) -> Answered {
    world.channel(channel, needed(world, channel))?;
    let mut message = world.message(channel, id)?.clone();
    if message.is_pinned {
        message.is_pinned = false;
        store(world, &message);
        world.pins_event(channel);
    }
    Ok(Answer::empty())
}

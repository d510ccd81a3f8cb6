//! Channels and categories.
use serde_json::{Value, json};

use super::call::{Answer, Answered, Call, body_id};
use super::overwrites::read_overwrites;
use super::threads;
use crate::discord::error::{
    ApiError, METHOD_NOT_ALLOWED, MISSING_PERMISSIONS, TOO_MANY_CHANNELS, WRONG_CHANNEL_FOR_DM,
};
use crate::discord::events::ChannelChange;
use crate::discord::limits::{Naming, check_channel};
use crate::discord::model::{Account, Channel, Id, kind};
use crate::discord::permissions::in_guild;
use crate::discord::permissions::permission::{MANAGE_CHANNELS, MANAGE_ROLES};
use crate::discord::world::World;

/// Channels and categories of a guild.
const IN_GUILD: usize = 500;
/// Channels of a category.
const IN_CATEGORY: usize = 50;

/// `/guilds/{id}/channels`.
pub(super) fn of_guild(world: &mut World, call: &Call, guild: Id) -> Answered {
    let may = in_guild(world.guild(guild)?, world.application.bot);
    match call.method.as_str() {
        "GET" => {
            let all = world.channels.values();
            let all = all.filter(|it| it.guild == Some(guild) && !it.is_thread());
            Ok(Answer::ok(all.map(Channel::json).collect()))
        }
        _ if may & MANAGE_CHANNELS == 0 => Err(MISSING_PERMISSIONS.into()),
        "POST" => create(world, call, guild, may),
        "PATCH" => move_all(world, call, guild),
        _ => Err(METHOD_NOT_ALLOWED.into()),
    }
}

fn in_guild_count(world: &World, guild: Id) -> usize {
    world.channels.values().filter(|it| it.guild == Some(guild) && !it.is_thread()).count()
}

/// Whether `parent` may take one more.
fn check_parent(world: &World, guild: Id, parent: Id, moving: Option<Id>) -> Result<(), ApiError> {
    let found = world.channels.get(&parent).filter(|it| it.guild == Some(guild));
    if found.is_none_or(|it| it.kind != kind::CATEGORY) {
        let words = "Category does not exist";
        return Err(ApiError::field("parent_id", "CHANNEL_PARENT_INVALID", words));
    }
    let children = world.channels.values().filter(|it| it.parent == Some(parent));
    if children.filter(|it| Some(it.id) != moving).count() >= IN_CATEGORY {
        let words = "Maximum number of channels in category reached (50)";
        return Err(ApiError::field("parent_id", "CHANNEL_PARENT_MAX_CHANNELS", words));
    }
    Ok(())
}

/// Names of text channels are in lower case and have no spaces.
pub(super) fn channel_name(kind: u64, name: &str) -> String {
    if !matches!(kind, kind::TEXT | kind::ANNOUNCEMENT) {
        return name.trim().to_owned();
    }
    let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let words = name.trim().to_lowercase();
    let joined = words.split_whitespace().collect::<Vec<_>>().join("-");
    joined.chars().filter(|c| plain(*c)).collect()
}

fn create(world: &mut World, call: &Call, guild: Id, may: u64) -> Answered {
    let body = &call.body;
    check_channel(body, Naming::Required)?;
    let kind = body["type"].as_u64().unwrap_or(kind::TEXT);
    if !matches!(kind, kind::TEXT | kind::VOICE | kind::CATEGORY | kind::ANNOUNCEMENT) {
        let words = "Value must be one of {0, 2, 4, 5}.";
        return Err(ApiError::field("type", "BASE_TYPE_CHOICES", words));
    }
    if in_guild_count(world, guild) >= IN_GUILD {
        return Err(TOO_MANY_CHANNELS.into());
    }
    let parent = body_id(&body["parent_id"]);
    if let Some(parent) = parent {
        check_parent(world, guild, parent, None)?;
    }
    let overwrites = read_overwrites(world, guild, &body["permission_overwrites"], may)?;
    let id = world.new_id();
    let name = channel_name(kind, body["name"].as_str().unwrap_or_default());
    let mut channel = Channel::named(id, Some(guild), kind, &name);
    channel.topic = body["topic"].as_str().map(ToOwned::to_owned);
    channel.parent = parent;
    let last = u64::try_from(in_guild_count(world, guild)).unwrap_or(u64::MAX);
    channel.position = body["position"].as_u64().unwrap_or(last);
    channel.slow_mode = body["rate_limit_per_user"].as_u64().unwrap_or(0);
    channel.nsfw = body["nsfw"].as_bool().unwrap_or(false);
    channel.overwrites = match overwrites {
        Some(overwrites) => overwrites,
        // Without overwrites a channel takes those of its category.
        None => parent
            .and_then(|parent| world.channels.get(&parent))
            .map_or_else(Vec::new, |parent| parent.overwrites.clone()),
    };
    world.channels.insert(id, channel.clone());
    world.channel_event(ChannelChange::Created, &channel);
    Ok(Answer::created(channel.json()))
}

/// Positions and parents, many at once.
fn move_all(world: &mut World, call: &Call, guild: Id) -> Answered {
    for moved in call.body.as_array().into_iter().flatten() {
        let id = body_id(&moved["id"]).unwrap_or_default();
        let Some(mut channel) =
            world.channels.get(&id).filter(|it| it.guild == Some(guild)).cloned()
        else {
            return Err(ApiError::field("id", "CHANNEL_INVALID", "Channel does not exist"));
        };
        move_one(world, guild, &mut channel, moved)?;
        world.channels.insert(id, channel.clone());
        world.channel_event(ChannelChange::Updated, &channel);
    }
    Ok(Answer::empty())
}

fn move_one(world: &World, guild: Id, channel: &mut Channel, body: &Value) -> Result<(), ApiError> {
    if let Some(parent) = body.get("parent_id") {
        channel.parent = body_id(parent);
        if let Some(parent) = channel.parent {
            check_parent(world, guild, parent, Some(channel.id))?;
            if body["lock_permissions"] == true {
                let of_parent = world.channels.get(&parent).map(|it| it.overwrites.clone());
                channel.overwrites = of_parent.unwrap_or_default();
            }
        }
    }
    if let Some(position) = body["position"].as_u64() {
        channel.position = position;
    }
    Ok(())
}

/// `/channels/{id}`.
pub(super) fn answer(world: &mut World, call: &Call, id: Id) -> Answered {
    let channel = world.channel(id, 0)?.clone();
    match (call.method.as_str(), channel.guild) {
        ("GET", None) => {
            let recipient = channel.recipient.and_then(|user| world.users.get(&user));
            let recipient = recipient.map_or(Value::Null, Account::json);
            Ok(Answer::ok(channel.conversation(&recipient)))
        }
        ("GET", Some(_)) => Ok(Answer::ok(channel.json())),
        ("DELETE", None) => Ok(Answer::ok(json!({"id": id, "type": kind::DM}))),
        (_, None) => Err(WRONG_CHANNEL_FOR_DM.into()),
        ("PATCH", Some(_)) if channel.is_thread() => threads::change(world, call, channel),
        ("PATCH", Some(guild)) => change(world, call, channel, guild),
        ("DELETE", Some(_)) => {
            let needed = if channel.is_thread() { threads::MANAGE } else { MANAGE_CHANNELS };
            world.channel(id, needed)?;
            world.remove_channel(id);
            Ok(Answer::ok(channel.json()))
        }
        _ => Err(METHOD_NOT_ALLOWED.into()),
    }
}

fn change(world: &mut World, call: &Call, mut channel: Channel, guild: Id) -> Answered {
    let body = &call.body;
    world.channel(channel.id, MANAGE_CHANNELS)?;
    check_channel(body, Naming::Optional)?;
    if body.get("permission_overwrites").is_some_and(|it| !it.is_null()) {
        world.channel(channel.id, MANAGE_ROLES)?;
        let may = in_guild(world.guild(guild)?, world.application.bot);
        let read = read_overwrites(world, guild, &body["permission_overwrites"], may)?;
        channel.overwrites = read.unwrap_or_default();
    }
    if let Some(name) = body["name"].as_str() {
        channel.name = channel_name(channel.kind, name);
    }
    if let Some(topic) = body.get("topic") {
        channel.topic = topic.as_str().map(ToOwned::to_owned);
    }
    if let Some(slow) = body["rate_limit_per_user"].as_u64() {
        channel.slow_mode = slow;
    }
    move_one(world, guild, &mut channel, body)?;
    world.channels.insert(channel.id, channel.clone());
    world.channel_event(ChannelChange::Updated, &channel);
    Ok(Answer::ok(channel.json()))
}

//! What the page shows: everything as one user sees it.
use std::sync::Arc;

use serde_json::{Value, json};

use crate::discord::clock::written;
use crate::discord::model::{Account, Channel, Id, Message, kind};
use crate::discord::permissions::in_guild;
use crate::discord::permissions::permission::{ADMINISTRATOR, VIEW_CHANNEL};
use crate::discord::person::{sees_message, shown_commands};
use crate::discord::shared::Shared;
use crate::discord::world::World;

/// Messages of a channel that are shown.
const SHOWN: usize = 200;

/// The state as `user` sees it, with the messages of `channel`; without either, of the owner and the first channel.
pub(super) fn state(shared: &Arc<Shared>, user: &str, channel: &str) -> Value {
    let version = *shared.watch().borrow();
    let world = shared.read();
    let Some(guild) = world.guilds.values().next() else { return json!({"version": version}) };
    let known = Id::parse(user).filter(|id| guild.members.contains_key(id));
    let user = known.unwrap_or(guild.owner);
    let own = world.channels.values().find(|it| it.recipient == Some(user));
    let seen = |it: &&Channel| {
        it.guild == Some(guild.id) && world.permissions(it, user) & VIEW_CHANNEL != 0
    };
    let mut channels: Vec<_> = world.channels.values().filter(seen).collect();
    channels.sort_by_key(|it| (it.position, it.id));
    let first = channels.iter().find(|it| it.kind == kind::TEXT).map(|it| it.id);
    let chosen = Id::parse(channel).filter(|id| channels.iter().any(|it| it.id == *id));
    let conversation = own.map(|it| it.id);
    let chosen = if channel == "conversation" { conversation } else { chosen.or(first) };
    let commands = chosen.and_then(|id| world.channels.get(&id)).map(|it| {
        shown_commands(&world, it, user).map(|command| command.body.clone()).collect::<Vec<_>>()
    });
    json!({
        "version": version, "guild": {"id": guild.id, "name": guild.name}, "you": user, "users": users(&world),
        "channels": channels.into_iter().map(channel_view).collect::<Vec<_>>(), "channel": chosen,
        "conversation": conversation, "messages": chosen.map(|id| messages(&world, id, user)), "commands": commands,
        "connections": world.gateway.connected().len(), "endpoint": world.application.endpoint,
        "api": format!("http://{}", shared.base),
    })
}

fn users(world: &World) -> Value {
    let guild = world.guilds.values().next();
    let shown = world.users.values().map(|user: &Account| {
        let may = guild.map_or(0, |guild| in_guild(guild, user.id));
        json!({
            "id": user.id, "name": user.name, "shown": user.shown(), "bot": user.is_bot, "dms": user.takes_dms,
            "admin": may & ADMINISTRATOR != 0,
        })
    });
    shown.collect()
}

fn channel_view(channel: &Channel) -> Value {
    json!({
        "id": channel.id, "name": channel.name, "kind": channel.kind, "parent": channel.parent, "topic": channel.topic,
        "archived": channel.thread.as_ref().is_some_and(|thread| thread.is_archived),
        "private": channel.overwrites.iter().any(|over| over.deny & VIEW_CHANNEL != 0),
    })
}

fn messages(world: &World, channel: Id, user: Id) -> Value {
    let all = world.messages.get(&channel).into_iter().flatten().map(|(_, message)| message);
    let seen: Vec<_> = all.filter(|message| sees_message(message, user)).collect();
    let last = &seen[seen.len().saturating_sub(SHOWN)..];
    last.iter().map(|message| message_view(world, message)).collect()
}

fn message_view(world: &World, message: &Message) -> Value {
    let author = world.users.get(&message.author);
    let asked = message.interaction.and_then(|id| world.interactions.get(&id));
    let by = asked.and_then(|it| world.users.get(&it.user)).map(Account::shown);
    let command = asked.filter(|it| it.kind == 2).map(|it| it.data["name"].clone());
    json!({
        "id": message.id, "author": author.map(Account::shown), "bot": author.is_some_and(|user| user.is_bot),
        "kind": message.kind, "content": message.content, "embeds": message.embeds, "components": message.components,
        "attachments": message.attachments, "ephemeral": message.is_ephemeral(), "loading": message.is_loading(),
        "pinned": message.is_pinned, "edited": message.edited.is_some(), "edits": message.edits,
        "at": written(message.id.millis()), "by": by, "command": command, "pinged": message.pinged.anyone(),
    })
}

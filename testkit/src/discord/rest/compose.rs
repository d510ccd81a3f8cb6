//! From the body of a call to a message.
use serde_json::{Value, json};

use crate::discord::model::message::{COMPONENTS_V2, SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS};
use crate::discord::model::{Id, Message, Pinged};
use crate::discord::permissions::permission::MENTION_EVERYONE;
use crate::discord::world::World;

/// What a message is made of.
pub(crate) struct Composed<'a> {
    pub(crate) body: &'a Value,
    pub(crate) files: &'a [(String, usize)],
    /// Flags that the sender may set.
    pub(crate) flags: u64,
}

/// Flags of messages that are sent to a channel.
pub(super) const CHANNEL_FLAGS: u64 = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2;

/// A message of the bot in `channel`, as the body says.
pub(crate) fn compose(world: &mut World, channel: Id, from: &Composed<'_>) -> Message {
    let id = world.new_id();
    let mut message = Message::by(id, channel, world.application.bot);
    message.flags = from.body["flags"].as_u64().unwrap_or(0) & from.flags;
    fill(&mut message, from.body);
    message.attachments = attachments(world, from.files);
    if let Some(reference) = from.body["message_reference"]["message_id"].as_str() {
        message.reference = Id::parse(reference);
        message.kind = 19;
    }
    message.pinged = pinged(world, &message, &from.body["allowed_mentions"]);
    message
}

/// Changes a message as the body says: what it does not name stays.
pub(crate) fn edit(world: &mut World, message: &mut Message, body: &Value) {
    fill(message, body);
    // Edited messages notify no one, but show whom they mention.
    let now = pinged(world, message, &body["allowed_mentions"]);
    message.pinged.users.retain(|user| now.users.contains(user));
    message.edited = Some(world.now());
    message.edits += 1;
    if let Some(flags) = body["flags"].as_u64() {
        message.flags =
            message.flags & !SUPPRESS_EMBEDS | flags & (SUPPRESS_EMBEDS | COMPONENTS_V2);
    }
}

fn fill(message: &mut Message, body: &Value) {
    if let Some(content) = body.get("content") {
        content.as_str().unwrap_or_default().trim().clone_into(&mut message.content);
    }
    if let Some(embeds) = body.get("embeds") {
        message.embeds = shown_embeds(embeds);
    }
    if let Some(components) = body.get("components") {
        let list = components.as_array().cloned().unwrap_or_default();
        let mut next = 0;
        message.components = list.into_iter().map(|it| numbered(it, &mut next)).collect();
    }
}

fn shown_embeds(embeds: &Value) -> Value {
    let list = embeds.as_array().cloned().unwrap_or_default();
    let shown = list.into_iter().map(|mut embed| {
        embed["type"] = json!("rich");
        embed
    });
    shown.collect()
}

/// Every component has a number.
fn numbered(mut component: Value, next: &mut u64) -> Value {
    *next += 1;
    if component["id"].as_u64().unwrap_or(0) == 0 {
        component["id"] = json!(*next);
    }
    if let Some(inside) = component.get_mut("components").and_then(Value::as_array_mut) {
        for it in inside {
            *it = numbered(it.take(), next);
        }
    }
    component
}

fn attachments(world: &mut World, files: &[(String, usize)]) -> Value {
    let shown = files.iter().map(|(name, size)| {
        let id = world.new_id();
        let url = format!("https://cdn.discordapp.com/attachments/{id}/{name}");
        json!({"id": id, "filename": name, "size": size, "url": url, "proxy_url": url})
    });
    shown.collect()
}

/// Whom `message` mentions and may notify.
fn pinged(world: &World, message: &Message, allowed: &Value) -> Pinged {
    let text = mentioning(message);
    let parses = |what: &str| {
        allowed.is_null()
            || allowed["parse"].as_array().is_some_and(|all| all.iter().any(|it| it == what))
    };
    let lists = |what: &str, id: Id| {
        let list = allowed[what].as_array().map_or(&[][..], Vec::as_slice);
        list.iter().any(|it| it.as_str().and_then(Id::parse) == Some(id))
    };
    let channel = world.channels.get(&message.channel);
    let may_all =
        channel.is_some_and(|it| world.permissions(it, message.author) & MENTION_EVERYONE != 0);
    let guild = channel.and_then(|it| it.guild).and_then(|id| world.guilds.get(&id));
    let of_roles = ids(&text, "<@&").into_iter().filter(|id| {
        let role = guild.and_then(|guild| guild.roles.get(id));
        role.is_some_and(|role| role.mentionable || may_all)
            && (parses("roles") || lists("roles", *id))
    });
    let of_users = ids(&text, "<@").into_iter().chain(ids(&text, "<@!"));
    let of_users = of_users
        .filter(|id| world.users.contains_key(id) && (parses("users") || lists("users", *id)));
    let everyone = text.contains("@everyone") || text.contains("@here");
    Pinged {
        everyone: everyone && may_all && parses("everyone"),
        users: of_users.collect(),
        roles: of_roles.collect(),
    }
}

/// The texts of a message in which mentions work: its content and its text displays. Embeds notify no one.
fn mentioning(message: &Message) -> String {
    fn displays(of: &Value, into: &mut String) {
        if of["type"] == 10 {
            into.push('\n');
            into.push_str(of["content"].as_str().unwrap_or_default());
        }
        for inside in of["components"].as_array().into_iter().flatten() {
            displays(inside, into);
        }
    }
    let mut text = message.content.clone();
    for component in message.components.as_array().into_iter().flatten() {
        displays(component, &mut text);
    }
    text
}

/// The ids between `start` and `>`.
fn ids(text: &str, start: &str) -> Vec<Id> {
    let pieces = text.split(start).skip(1);
    pieces.filter_map(|piece| piece.split_once('>').and_then(|(id, _)| Id::parse(id))).collect()
}

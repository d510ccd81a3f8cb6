//! `POST /interactions/{id}/{token}/callback`, and the same in the answer of an endpoint.
use serde_json::{Value, json};

use super::{Acknowledgment, Interaction, interaction_kind as kind};
use crate::discord::error::{
    ALREADY_ACKNOWLEDGED, ApiError, METHOD_NOT_ALLOWED, UNKNOWN_INTERACTION,
};
use crate::discord::limits::{check_choices, check_message, check_modal};
use crate::discord::model::message::{EPHEMERAL, LOADING};
use crate::discord::model::{Id, Message};
use crate::discord::rest::{Answer, Answered, Call, Composed, compose, edit};
use crate::discord::world::World;

/// Flags of answers to interactions.
pub(super) const FLAGS: u64 = EPHEMERAL | 1 << 2 | 1 << 12 | 1 << 15;

/// The numbers of kinds of callbacks.
pub(super) mod callback_kind {
    pub(in super::super) const PONG: u64 = 1;
    pub(in super::super) const MESSAGE: u64 = 4;
    pub(in super::super) const DEFERRED_MESSAGE: u64 = 5;
    pub(in super::super) const DEFERRED_UPDATE: u64 = 6;
    pub(in super::super) const UPDATE: u64 = 7;
    pub(in super::super) const CHOICES: u64 = 8;
    pub(in super::super) const MODAL: u64 = 9;
}

use callback_kind as answer;

/// The callback of an app.
pub(crate) fn answer_callback(world: &mut World, call: &Call, id: Id, token: &str) -> Answered {
    if call.method != "POST" {
        return Err(METHOD_NOT_ALLOWED.into());
    }
    let found = world.interactions.get(&id).filter(|found| found.token == token);
    let found = found.ok_or(UNKNOWN_INTERACTION)?;
    if found.is_failed(world.now()) {
        return Err(UNKNOWN_INTERACTION.into());
    }
    acknowledge(world, id, &call.body, &call.files)?;
    if call.query.get("with_response").is_some_and(|it| it == "true") {
        return Ok(Answer::ok(resource(world, id)));
    }
    Ok(Answer::empty())
}

/// Acknowledges an interaction as `body` says.
pub(crate) fn acknowledge(
    world: &mut World,
    id: Id,
    body: &Value,
    files: &[(String, usize)],
) -> Result<(), ApiError> {
    let interaction = world.interactions.get(&id).ok_or(UNKNOWN_INTERACTION)?.clone();
    if interaction.answer.is_some() {
        return Err(ALREADY_ACKNOWLEDGED.into());
    }
    let kind = body["type"].as_u64().unwrap_or(0);
    check_kind(&interaction, kind)?;
    let data = &body["data"];
    check_data(kind, data, files.len())?;
    let original = match kind {
        answer::MESSAGE => Some(say(world, &interaction, data, files)),
        answer::DEFERRED_MESSAGE => Some(think(world, &interaction, data)),
        answer::UPDATE => {
            update(world, &interaction, data);
            interaction.source
        }
        answer::DEFERRED_UPDATE => interaction.source,
        _ => None,
    };
    let acknowledgment = Acknowledgment { kind, at: world.now(), original, data: data.clone() };
    if let Some(interaction) = world.interactions.get_mut(&id) {
        interaction.answer = Some(acknowledgment);
    }
    Ok(())
}

/// Which callbacks an interaction can have.
fn check_kind(interaction: &Interaction, callback: u64) -> Result<(), ApiError> {
    let allowed: &[u64] = match (interaction.kind, interaction.source) {
        (kind::PING, _) => &[answer::PONG],
        (kind::COMMAND, _) => &[answer::MESSAGE, answer::DEFERRED_MESSAGE, answer::MODAL],
        (kind::COMPONENT, _) => &[4, 5, 6, 7, 9],
        (kind::AUTOCOMPLETE, _) => &[answer::CHOICES],
        (kind::MODAL, Some(_)) => &[4, 5, 6, 7],
        (_, _) => &[4, 5],
    };
    if allowed.contains(&callback) {
        return Ok(());
    }
    let words = format!("Value must be one of {allowed:?}.").replace('[', "{").replace(']', "}");
    Err(ApiError::field("type", "BASE_TYPE_CHOICES", &words))
}

fn check_data(kind: u64, data: &Value, files: usize) -> Result<(), ApiError> {
    match kind {
        answer::MESSAGE => check_message(data, "data", true, files),
        answer::UPDATE => check_message(data, "data", false, files),
        answer::CHOICES => check_choices(data),
        answer::MODAL => check_modal(data),
        _ => Ok(()),
    }
}

/// A message that answers `interaction`.
pub(super) fn answering(
    world: &mut World,
    interaction: &Interaction,
    data: &Value,
    files: &[(String, usize)],
) -> Message {
    let from = Composed { body: data, files, flags: FLAGS };
    let mut message = compose(world, interaction.channel, &from);
    message.interaction = Some(interaction.id);
    message.seen_by = message.is_ephemeral().then_some(interaction.user);
    message
}

fn say(world: &mut World, of: &Interaction, data: &Value, files: &[(String, usize)]) -> Id {
    let mut message = answering(world, of, data, files);
    message.kind = if of.kind == kind::COMMAND { 20 } else { message.kind };
    let id = message.id;
    world.post(&message);
    id
}

/// A message that says that the app thinks.
fn think(world: &mut World, of: &Interaction, data: &Value) -> Id {
    let flags = data["flags"].as_u64().unwrap_or(0) & EPHEMERAL;
    let mut message = answering(world, of, &json!({"flags": flags}), &[]);
    message.kind = if of.kind == kind::COMMAND { 20 } else { 0 };
    message.flags |= LOADING;
    let id = message.id;
    world.post(&message);
    id
}

fn update(world: &mut World, of: &Interaction, data: &Value) {
    let source = of.source.and_then(|id| world.messages.get(&of.channel)?.get(&id)).cloned();
    let Some(mut message) = source else { return };
    edit(world, &mut message, data);
    world.messages.entry(of.channel).or_default().insert(message.id, message.clone());
    world.message_event("MESSAGE_UPDATE", &message);
}

/// What a callback brought about, for those who ask.
fn resource(world: &World, id: Id) -> Value {
    let Some(interaction) = world.interactions.get(&id) else { return Value::Null };
    let Some(given) = &interaction.answer else { return Value::Null };
    let original = given.original.and_then(|id| world.messages.get(&interaction.channel)?.get(&id));
    let mut json = json!({
        "interaction": {
            "id": id, "type": interaction.kind, "response_message_id": given.original,
            "response_message_loading": original.is_some_and(Message::is_loading),
            "response_message_ephemeral": original.is_some_and(Message::is_ephemeral),
            "channel_id": interaction.channel, "guild_id": interaction.guild,
        },
        "resource": {"type": given.kind},
    });
    if let Some(original) = original {
        json["resource"]["message"] = world.message_json(original);
    }
    json
}

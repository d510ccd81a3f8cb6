//! `/webhooks/{app}/{token}`: what an app does after it has acknowledged.
use super::callback::{answering, callback_kind};
use super::{Interaction, TOKEN_LIFE};
use crate::discord::error::{
    ApiError, INVALID_WEBHOOK_TOKEN, METHOD_NOT_ALLOWED, NOT_FOUND, UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
};
use crate::discord::limits::check_message;
use crate::discord::model::message::LOADING;
use crate::discord::model::{Id, Message};
use crate::discord::rest::{Answer, Answered, Call, edit};
use crate::discord::world::World;

/// A call with the token of an interaction.
pub(crate) fn answer_webhook(
    world: &mut World,
    call: &Call,
    (app, token): (Id, &str),
    rest: &[&str],
) -> Answered {
    let interaction = find(world, app, token)?;
    match (call.method.as_str(), rest) {
        ("POST", []) => follow_up(world, call, &interaction),
        ("GET", ["messages", id]) => {
            let message = message(world, &interaction, id)?;
            Ok(Answer::ok(world.message_json(&message)))
        }
        ("PATCH", ["messages", id]) => {
            check_message(&call.body, "", false, call.files.len())?;
            let message = message(world, &interaction, id)?;
            Ok(Answer::ok(change(world, message, call)))
        }
        ("DELETE", ["messages", id]) => {
            let message = message(world, &interaction, id)?;
            world.remove_message(interaction.channel, message.id);
            Ok(Answer::empty())
        }
        (_, [] | ["messages", _]) => Err(METHOD_NOT_ALLOWED.into()),
        _ => Err(NOT_FOUND.into()),
    }
}

/// The interaction of a token that is still good and has been acknowledged.
fn find(world: &World, app: Id, token: &str) -> Result<Interaction, ApiError> {
    if app != world.application.id {
        return Err(UNKNOWN_WEBHOOK.into());
    }
    let found = world.interactions.values().rev().find(|found| found.token == token);
    let found = found.ok_or(INVALID_WEBHOOK_TOKEN)?;
    if world.now() > found.created + TOKEN_LIFE {
        return Err(INVALID_WEBHOOK_TOKEN.into());
    }
    if found.answer.is_none() {
        return Err(UNKNOWN_WEBHOOK.into());
    }
    Ok(found.clone())
}

/// One of the messages of an interaction.
fn message(world: &World, of: &Interaction, id: &str) -> Result<Message, ApiError> {
    let original = of.answer.as_ref().and_then(|answer| answer.original);
    let id = if id == "@original" { original } else { Id::parse(id) };
    let found = id.and_then(|id| world.messages.get(&of.channel)?.get(&id));
    let own =
        |message: &&Message| message.interaction == Some(of.id) || Some(message.id) == original;
    found.filter(own).cloned().ok_or_else(|| UNKNOWN_MESSAGE.into())
}

fn change(world: &mut World, mut message: Message, call: &Call) -> serde_json::Value {
    let was_loading = message.is_loading();
    message.flags &= !LOADING;
    edit(world, &mut message, &call.body);
    if was_loading {
        // What was thought about is said for the first time.
        message.edited = None;
    }
    let shown = world.message_json(&message);
    world.messages.entry(message.channel).or_default().insert(message.id, message.clone());
    world.message_event("MESSAGE_UPDATE", &message);
    shown
}

fn follow_up(world: &mut World, call: &Call, of: &Interaction) -> Answered {
    check_message(&call.body, "", true, call.files.len())?;
    // The first one after a deferral is what was thought about.
    let deferred = of.answer.as_ref().is_some_and(|it| it.kind == callback_kind::DEFERRED_MESSAGE);
    if deferred
        && let Ok(original) = message(world, of, "@original")
        && original.is_loading()
    {
        return Ok(Answer::ok(change(world, original, call)));
    }
    let message = answering(world, of, &call.body, &call.files);
    let shown = world.message_json(&message);
    world.post(&message);
    Ok(Answer::ok(shown))
}

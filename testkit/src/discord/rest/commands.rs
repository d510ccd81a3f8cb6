//! Commands of the app.
use serde_json::{Value, json};

use super::call::{Answer, Answered, Call, path_id};
use crate::discord::error::{
    ApiError, METHOD_NOT_ALLOWED, MISSING_ACCESS, NOT_FOR_BOTS, NOT_FOUND,
    TOO_MANY_COMMAND_CREATES, TOO_MANY_COMMANDS, UNKNOWN_COMMAND, UNKNOWN_PERMISSIONS,
};
use crate::discord::limits::{check_command, check_commands};
use crate::discord::model::Id;
use crate::discord::world::{Command, World};

/// Commands that are typed, of one scope.
const MOST: usize = 100;
/// New commands of one scope within a day.
const CREATES: usize = 200;
const DAY: u64 = 86_400_000;

pub(super) fn answer(world: &mut World, call: &Call, app: Id, rest: &[&str]) -> Answered {
    if app != world.application.id {
        return Err(MISSING_ACCESS.into());
    }
    match rest {
        ["commands", rest @ ..] => of_scope(world, call, None, rest),
        ["guilds", guild, "commands", rest @ ..] => {
            let guild = path_id(guild)?;
            world.guild(guild)?;
            of_scope(world, call, Some(guild), rest)
        }
        _ => Err(NOT_FOUND.into()),
    }
}

fn of_scope(world: &mut World, call: &Call, guild: Option<Id>, rest: &[&str]) -> Answered {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let all = world.commands.iter().filter(|command| command.guild == guild);
            Ok(Answer::ok(all.map(|command| command.body.clone()).collect()))
        }
        ("PUT", []) => overwrite(world, call, guild),
        ("POST", []) => {
            check_command(&call.body)?;
            let (command, is_new) = put(world, guild, &call.body)?;
            let body = command.body.clone();
            Ok(if is_new { Answer::created(body) } else { Answer::ok(body) })
        }
        ("GET", ["permissions"]) => Ok(Answer::ok(json!([]))),
        ("GET", [_, "permissions"]) => Err(UNKNOWN_PERMISSIONS.into()),
        ("PUT", ["permissions"] | [_, "permissions"]) => Err(NOT_FOR_BOTS.into()),
        (method, [id]) => one(world, call, (method, guild), path_id(id)?),
        _ => Err(METHOD_NOT_ALLOWED.into()),
    }
}

fn one(world: &mut World, call: &Call, (method, guild): (&str, Option<Id>), id: Id) -> Answered {
    let at = world.commands.iter().position(|it| it.guild == guild && it.id == id);
    let at = at.ok_or(UNKNOWN_COMMAND)?;
    match method {
        "GET" => Ok(Answer::ok(world.commands[at].body.clone())),
        "DELETE" => {
            world.commands.remove(at);
            Ok(Answer::empty())
        }
        "PATCH" => {
            let mut body = world.commands[at].body.clone();
            for (name, value) in call.body.as_object().into_iter().flatten() {
                body[name] = value.clone();
            }
            check_command(&body)?;
            let version = world.new_id();
            body["version"] = json!(version);
            let command = &mut world.commands[at];
            (command.version, command.body) = (version, body.clone());
            Ok(Answer::ok(body))
        }
        _ => Err(METHOD_NOT_ALLOWED.into()),
    }
}

/// All commands of a scope at once: those that keep their name keep their id.
fn overwrite(world: &mut World, call: &Call, guild: Option<Id>) -> Answered {
    let Some(list) = call.body.as_array() else {
        return Err(ApiError::field(
            "",
            "LIST_TYPE_CONVERT",
            "Only iterables may be used in a ListType",
        ));
    };
    check_commands(&call.body)?;
    if list.iter().filter(|it| kind(it) == 1).count() > MOST {
        return Err(TOO_MANY_COMMANDS.into());
    }
    let keeps = |command: &Command| {
        list.iter().any(|it| it["name"] == command.name() && kind(it) == kind(&command.body))
    };
    world.commands.retain(|command| command.guild != guild || keeps(command));
    let mut answered = Vec::new();
    for body in list {
        answered.push(put(world, guild, body)?.0.body.clone());
    }
    Ok(Answer::ok(json!(answered)))
}

fn kind(body: &Value) -> u64 {
    body["type"].as_u64().unwrap_or(1)
}

/// Puts a command in the place of the one with its name, or adds it.
fn put<'a>(
    world: &'a mut World,
    guild: Option<Id>,
    body: &Value,
) -> Result<(&'a Command, bool), ApiError> {
    let same = |it: &Command| {
        it.guild == guild && body["name"] == it.name() && kind(body) == kind(&it.body)
    };
    let at = world.commands.iter().position(same);
    let version = world.new_id();
    let id = if let Some(at) = at {
        world.commands[at].id
    } else {
        count(world, guild, kind(body))?;
        world.new_id()
    };
    let shown = shown(world.application.id, (id, version), guild, body);
    let command = Command { id, version, guild, body: shown };
    let Some(at) = at else {
        world.commands.push(command);
        return Ok((&world.commands[world.commands.len() - 1], true));
    };
    // What did not change keeps its version.
    if without_version(&world.commands[at]) != without_version(&command) {
        world.commands[at] = command;
    }
    Ok((&world.commands[at], false))
}

fn without_version(command: &Command) -> Value {
    let mut body = command.body.clone();
    body["version"] = Value::Null;
    body
}

/// Notes a new command, where there may be one more.
fn count(world: &mut World, guild: Option<Id>, of: u64) -> Result<(), ApiError> {
    let now = world.now();
    world.command_creates.retain(|(_, at)| at + DAY > now);
    let today = world.command_creates.iter().filter(|(scope, _)| *scope == guild).count();
    if today >= CREATES {
        return Err(TOO_MANY_COMMAND_CREATES.into());
    }
    let all = world.commands.iter().filter(|it| it.guild == guild && kind(&it.body) == of);
    if all.count() >= if of == 1 { MOST } else { 5 } {
        return Err(TOO_MANY_COMMANDS.into());
    }
    world.command_creates.push((guild, now));
    Ok(())
}

/// A command as it is answered: with its kind, which senders may leave out.
fn shown(app: Id, (id, version): (Id, Id), guild: Option<Id>, body: &Value) -> Value {
    let or = |name: &str, default: Value| match body.get(name) {
        Some(value) if !value.is_null() => value.clone(),
        _ => default,
    };
    let mut shown = json!({
        "id": id, "application_id": app, "version": version, "type": kind(body), "name": body["name"],
        "name_localizations": body["name_localizations"], "description": or("description", json!("")),
        "description_localizations": body["description_localizations"],
        "default_member_permissions": body["default_member_permissions"], "nsfw": or("nsfw", json!(false)),
        "contexts": body["contexts"], "integration_types": or("integration_types", json!([0])),
    });
    if let Some(options) = body.get("options") {
        shown["options"] = options.clone();
    }
    match guild {
        Some(guild) => shown["guild_id"] = json!(guild),
        None => shown["dm_permission"] = or("dm_permission", json!(true)),
    }
    shown
}

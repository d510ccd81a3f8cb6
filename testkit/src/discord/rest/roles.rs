//! Roles of a guild.
use serde_json::Value;

use super::call::{Answer, Answered, Call, bits, path_id};
use crate::discord::error::{
    ApiError, METHOD_NOT_ALLOWED, MISSING_PERMISSIONS, TOO_MANY_ROLES, UNKNOWN_ROLE,
};
use crate::discord::events::{Event, intent};
use crate::discord::model::{Id, Role};
use crate::discord::permissions::in_guild;
use crate::discord::permissions::permission::MANAGE_ROLES;
use crate::discord::world::World;

/// Roles of a guild.
const MOST: usize = 250;

pub(super) fn answer(world: &mut World, call: &Call, guild: Id, rest: &[&str]) -> Answered {
    let found = world.guild(guild)?;
    match (call.method.as_str(), rest) {
        ("GET", []) => Ok(Answer::ok(found.roles.values().map(Role::json).collect())),
        ("GET", [id]) => {
            let role = found.roles.get(&path_id(id)?).ok_or(UNKNOWN_ROLE)?;
            Ok(Answer::ok(role.json()))
        }
        ("POST", []) => create(world, call, guild),
        ("PATCH", [id]) => change(world, call, guild, path_id(id)?),
        ("DELETE", [id]) => {
            let id = path_id(id)?;
            may_manage(world, guild, id)?;
            remove(world, guild, id);
            Ok(Answer::empty())
        }
        _ => Err(METHOD_NOT_ALLOWED.into()),
    }
}

/// Whether the bot may change or give a role: it is below its highest one, and belongs to no app.
pub(super) fn may_manage(world: &World, guild: Id, role: Id) -> Result<(), ApiError> {
    let (bot, guild) = (world.application.bot, world.guild(guild)?);
    let role = guild.roles.get(&role).ok_or(UNKNOWN_ROLE)?;
    let may = in_guild(guild, bot) & MANAGE_ROLES != 0
        && role.managed_by.is_none()
        && (guild.highest(bot) > role.position || guild.owner == bot);
    if may { Ok(()) } else { Err(MISSING_PERMISSIONS.into()) }
}

fn create(world: &mut World, call: &Call, guild: Id) -> Answered {
    let found = world.guild(guild)?;
    let may = in_guild(found, world.application.bot);
    let wanted = call.body.get("permissions").map_or(0, bits);
    if may & MANAGE_ROLES == 0 || wanted & !may != 0 {
        return Err(MISSING_PERMISSIONS.into());
    }
    if found.roles.len() >= MOST {
        return Err(TOO_MANY_ROLES.into());
    }
    let name = call.body["name"].as_str().unwrap_or("new role");
    check_name(name)?;
    let id = world.add_role(guild, name, wanted);
    let Some(found) = world.guilds.get_mut(&guild) else { return Err(UNKNOWN_ROLE.into()) };
    // Fresh roles lie at the bottom, above everyone's.
    for role in found.roles.values_mut().filter(|role| role.id != guild && role.id != id) {
        role.position += 1;
    }
    let role = found.roles.get_mut(&id).ok_or(UNKNOWN_ROLE)?;
    role.position = 1;
    fill(role, &call.body);
    Ok(Answer::ok(role.json()))
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let words = "Must be between 1 and 100 in length.";
    let fits = (1..=100).contains(&name.chars().count());
    if fits { Ok(()) } else { Err(ApiError::field("name", "BASE_TYPE_BAD_LENGTH", words)) }
}

fn fill(role: &mut Role, body: &Value) {
    role.color = body["color"].as_u64().unwrap_or(role.color);
    role.hoist = body["hoist"].as_bool().unwrap_or(role.hoist);
    role.mentionable = body["mentionable"].as_bool().unwrap_or(role.mentionable);
}

fn change(world: &mut World, call: &Call, guild: Id, id: Id) -> Answered {
    may_manage(world, guild, id)?;
    let may = in_guild(world.guild(guild)?, world.application.bot);
    let wanted = call.body.get("permissions").map(bits);
    if wanted.is_some_and(|wanted| wanted & !may != 0) {
        return Err(MISSING_PERMISSIONS.into());
    }
    if let Some(name) = call.body["name"].as_str() {
        check_name(name)?;
    }
    let role = world.guilds.get_mut(&guild).and_then(|guild| guild.roles.get_mut(&id));
    let role = role.ok_or(UNKNOWN_ROLE)?;
    if let Some(name) = call.body["name"].as_str() {
        name.clone_into(&mut role.name);
    }
    role.permissions = wanted.unwrap_or(role.permissions);
    fill(role, &call.body);
    let json = role.json();
    world.role_event("GUILD_ROLE_UPDATE", guild, &json);
    Ok(Answer::ok(json))
}

/// Takes a role away from the guild and from all who have it.
pub(crate) fn remove(world: &mut World, guild: Id, id: Id) {
    let Some(found) = world.guilds.get_mut(&guild) else { return };
    found.roles.remove(&id);
    for member in found.members.values_mut() {
        member.roles.remove(&id);
    }
    for channel in world.channels.values_mut().filter(|it| it.guild == Some(guild)) {
        channel.overwrites.retain(|over| over.id != id);
    }
    let data = serde_json::json!({"guild_id": guild, "role_id": id});
    world.dispatch(&Event::of_guild("GUILD_ROLE_DELETE", guild, intent::GUILDS, data));
}

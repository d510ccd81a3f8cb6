//! Guilds and their members.
use serde_json::{Value, json};

use super::call::{Answer, Answered, Call, path_id};
use super::roles::may_manage;
use crate::discord::error::{
    METHOD_NOT_ALLOWED, MISSING_ACCESS, NOT_FOUND, UNKNOWN_MEMBER, UNKNOWN_USER,
};
use crate::discord::events::intent::GUILD_MEMBERS;
use crate::discord::model::{Guild, Id, Member};
use crate::discord::world::World;

pub(super) fn answer(world: &World, call: &Call, guild: Id, rest: &[&str]) -> Answered {
    let found = world.guild(guild)?;
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let mut json = found.json();
            if call.query.get("with_counts").is_some_and(|it| it == "true") {
                json["approximate_member_count"] = json!(found.members.len());
                json["approximate_presence_count"] = json!(found.members.len());
            }
            Ok(Answer::ok(json))
        }
        ("GET", ["preview"]) => Ok(Answer::ok(found.json())),
        (_, []) => Err(METHOD_NOT_ALLOWED.into()),
        _ => Err(NOT_FOUND.into()),
    }
}

fn shown(world: &World, member: &Member) -> Value {
    world.users.get(&member.user).map_or(Value::Null, |account| member.json(account))
}

/// `/guilds/{id}/members`.
pub(super) fn members(world: &mut World, call: &Call, guild: Id, rest: &[&str]) -> Answered {
    let found = world.guild(guild)?;
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, found),
        ("GET", ["search"]) => search(world, call, found),
        ("GET", [user]) => {
            let user = path_id(user)?;
            if !world.users.contains_key(&user) {
                return Err(UNKNOWN_USER.into());
            }
            let member = found.members.get(&user).ok_or(UNKNOWN_MEMBER)?;
            Ok(Answer::ok(shown(world, member)))
        }
        ("PUT" | "DELETE", [user, "roles", role]) => {
            let (user, role) = (path_id(user)?, path_id(role)?);
            may_manage(world, guild, role)?;
            give(world, guild, (user, role), call.method == "PUT")
        }
        _ => Err(METHOD_NOT_ALLOWED.into()),
    }
}

/// Lists need the privileged intent.
fn list(world: &World, call: &Call, guild: &Guild) -> Answered {
    if world.application.granted & GUILD_MEMBERS == 0 {
        return Err(MISSING_ACCESS.into());
    }
    let most = call.number("limit", 1, 1000)?;
    let after = call.id("after").unwrap_or_default();
    let found = guild.members.values().filter(|member| member.user > after).take(most);
    Ok(Answer::ok(found.map(|member| shown(world, member)).collect()))
}

fn search(world: &World, call: &Call, guild: &Guild) -> Answered {
    let most = call.number("limit", 1, 1000)?;
    let start = call.query.get("query").map(|text| text.to_lowercase()).unwrap_or_default();
    let found = guild.members.values().filter(|member| {
        let account = world.users.get(&member.user);
        let names = account.map(|it| [it.name.as_str(), it.shown()]).into_iter().flatten();
        let mut names = names.chain(member.nick.as_deref());
        names.any(|name| name.to_lowercase().starts_with(&start))
    });
    Ok(Answer::ok(found.take(most).map(|member| shown(world, member)).collect()))
}

fn give(world: &mut World, guild: Id, (user, role): (Id, Id), gives: bool) -> Answered {
    let found = world.guilds.get_mut(&guild);
    let member = found.and_then(|guild| guild.members.get_mut(&user)).ok_or(UNKNOWN_MEMBER)?;
    let changed = if gives { member.roles.insert(role) } else { member.roles.remove(&role) };
    if changed {
        world.member_event("GUILD_MEMBER_UPDATE", guild, user);
    }
    Ok(Answer::empty())
}

//! Overwrites of permissions.
use serde_json::Value;

use super::call::{Answer, Answered, Call, bits, body_id};
use crate::discord::error::{
    ApiError, METHOD_NOT_ALLOWED, MISSING_PERMISSIONS, UNKNOWN_OVERWRITE, WRONG_CHANNEL_FOR_DM,
};
use crate::discord::events::ChannelChange;
use crate::discord::model::{Id, Overwrite};
use crate::discord::permissions::in_guild;
use crate::discord::permissions::permission::{ALL, MANAGE_ROLES};
use crate::discord::world::World;

/// Reads a list of overwrites; none where the body has none. An app can only allow and deny what it may itself.
pub(super) fn read_overwrites(
    world: &World,
    guild: Id,
    list: &Value,
    may: u64,
) -> Result<Option<Vec<Overwrite>>, ApiError> {
    let Some(list) = list.as_array() else { return Ok(None) };
    let mut all = Vec::new();
    for (at, over) in list.iter().enumerate() {
        let over = read(over, body_id(&over["id"]).unwrap_or_default());
        check_subject(world, guild, &over, &format!("permission_overwrites.{at}.id"))?;
        check_bits(&over, may)?;
        all.push(over);
    }
    Ok(Some(all))
}

fn read(body: &Value, id: Id) -> Overwrite {
    let (allow, deny) = (bits(&body["allow"]), bits(&body["deny"]));
    Overwrite { id, is_member: body["type"].as_u64() == Some(1), allow, deny }
}

/// A role has to be there. A user who left may have an overwrite.
fn check_subject(world: &World, guild: Id, over: &Overwrite, path: &str) -> Result<(), ApiError> {
    let known = if over.is_member {
        world.users.contains_key(&over.id)
    } else {
        world.guild(guild)?.roles.contains_key(&over.id)
    };
    let words = "Unknown role or user";
    if known { Ok(()) } else { Err(ApiError::field(path, "OVERWRITE_SUBJECT_UNKNOWN", words)) }
}

fn check_bits(over: &Overwrite, may: u64) -> Result<(), ApiError> {
    let touched = over.allow | over.deny;
    // Only administrators decide in a channel who may change its overwrites.
    let forbidden = touched & !may != 0 || (touched & MANAGE_ROLES != 0 && may != ALL);
    if forbidden { Err(MISSING_PERMISSIONS.into()) } else { Ok(()) }
}

/// `/channels/{id}/permissions/{overwrite}`.
pub(super) fn answer(world: &mut World, call: &Call, channel: Id, id: Id) -> Answered {
    let mut found = world.channel(channel, MANAGE_ROLES)?.clone();
    let guild = found.guild.ok_or(WRONG_CHANNEL_FOR_DM)?;
    let old = found.overwrites.iter().position(|over| over.id == id);
    match call.method.as_str() {
        "PUT" => {
            let over = read(&call.body, id);
            check_subject(world, guild, &over, "id")?;
            check_bits(&over, in_guild(world.guild(guild)?, world.application.bot))?;
            found.overwrites.retain(|over| over.id != id);
            found.overwrites.push(over);
        }
        "DELETE" => {
            found.overwrites.remove(old.ok_or(UNKNOWN_OVERWRITE)?);
        }
        _ => return Err(METHOD_NOT_ALLOWED.into()),
    }
    world.channels.insert(channel, found.clone());
    world.channel_event(ChannelChange::Updated, &found);
    Ok(Answer::empty())
}

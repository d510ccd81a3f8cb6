//! Users, the app itself, and conversations.
use serde_json::{Value, json};

use super::call::{Answer, Answered, Call, body_id, path_id};
use crate::discord::error::{ApiError, DM_REFUSED, METHOD_NOT_ALLOWED, NOT_FOUND, UNKNOWN_USER};
use crate::discord::events::intent;
use crate::discord::model::Account;
use crate::discord::permissions::in_guild;
use crate::discord::world::World;

pub(super) fn answer(world: &mut World, call: &Call, rest: &[&str]) -> Answered {
    let bot = world.application.bot;
    match (call.method.as_str(), rest) {
        ("GET", ["@me"]) => {
            let mut me = world.users.get(&bot).map(Account::json).ok_or(UNKNOWN_USER)?;
            me["verified"] = json!(true);
            me["mfa_enabled"] = json!(true);
            me["email"] = Value::Null;
            me["flags"] = json!(0);
            Ok(Answer::ok(me))
        }
        ("GET", ["@me", "guilds"]) => {
            let own = world.guilds.values().filter(|guild| guild.members.contains_key(&bot));
            let shown = own.map(|guild| {
                json!({
                    "id": guild.id, "name": guild.name, "icon": null, "banner": null, "owner": guild.owner == bot,
                    "permissions": in_guild(guild, bot).to_string(), "features": [],
                })
            });
            Ok(Answer::ok(shown.collect()))
        }
        ("DELETE", ["@me", "guilds", guild]) => {
            let guild = path_id(guild)?;
            world.guild(guild)?;
            world.leave(guild, bot);
            Ok(Answer::empty())
        }
        ("POST", ["@me", "channels"]) => open_conversation(world, call),
        ("GET", [id]) => {
            let user = world.users.get(&path_id(id)?).ok_or(UNKNOWN_USER)?;
            Ok(Answer::ok(user.json()))
        }
        (_, ["@me"]) => Err(METHOD_NOT_ALLOWED.into()),
        _ => Err(NOT_FOUND.into()),
    }
}

fn open_conversation(world: &mut World, call: &Call) -> Answered {
    let id = body_id(&call.body["recipient_id"]);
    let id = id.ok_or_else(|| {
        ApiError::field("recipient_id", "BASE_TYPE_REQUIRED", "This field is required")
    })?;
    let user = world.users.get(&id).ok_or_else(|| {
        ApiError::field("recipient_id", "USER_INVALID_CONTACT", "Invalid recipient")
    })?;
    if user.is_bot {
        return Err(DM_REFUSED.into());
    }
    let recipient = user.json();
    let channel = world.conversation(id);
    let channel = world.channels.get(&channel).ok_or(NOT_FOUND)?;
    Ok(Answer::ok(channel.conversation(&recipient)))
}

/// The app, as it sees itself.
pub(super) fn application(world: &World) -> Value {
    let app = &world.application;
    let granted = |bit: u64, flag: u64| if app.granted & bit == 0 { 0 } else { flag };
    let flags = granted(intent::GUILD_PRESENCES, 1 << 13)
        | granted(intent::GUILD_MEMBERS, 1 << 15)
        | granted(intent::MESSAGE_CONTENT, 1 << 19);
    json!({
        "id": app.id, "name": app.name, "icon": null, "description": "", "summary": "", "type": null,
        "bot_public": true, "bot_require_code_grant": false, "terms_of_service_url": null, "privacy_policy_url": null,
        "verify_key": app.public_key, "flags": flags, "hook": true, "is_monetized": false,
        "redirect_uris": [], "interactions_endpoint_url": app.endpoint, "role_connections_verification_url": null,
        "owner": world.users.get(&app.bot).map(Account::json), "team": null,
        "approximate_guild_count": world.guilds.len(), "bot": world.users.get(&app.bot).map(Account::json),
    })
}

//! What an app is told of an interaction.
use serde_json::{Value, json};

use super::Interaction;
use crate::discord::model::{Account, Channel};
use crate::discord::world::World;

/// The data of `INTERACTION_CREATE`, and the body of a request to an endpoint.
pub(crate) fn payload(world: &World, of: &Interaction) -> Value {
    let app = &world.application;
    let mut json = json!({
        "id": of.id, "application_id": app.id, "type": of.kind, "token": of.token, "version": 1, "entitlements": [],
        "authorizing_integration_owners": {}, "attachment_size_limit": 10_485_760,
    });
    if of.kind == super::interaction_kind::PING {
        json["user"] = world.users.get(&app.bot).map_or(Value::Null, Account::json);
        json["app_permissions"] = json!("0");
        return json;
    }
    json["data"] = of.data.clone();
    json["channel_id"] = json!(of.channel);
    let locale = world.users.get(&of.user).map_or("en-US", |user| user.locale.as_str());
    json["locale"] = json!(locale);
    if let Some(channel) = world.channels.get(&of.channel) {
        json["channel"] = partial_channel(world, channel, of);
        let may = world.permissions(channel, app.bot);
        json["app_permissions"] = json!(may.to_string());
    }
    who(world, of, &mut json);
    let source = of.source.and_then(|id| world.messages.get(&of.channel)?.get(&id));
    if let Some(source) = source {
        json["message"] = world.message_json(source);
    }
    json
}

/// Who did it: a member in a guild, a user elsewhere.
fn who(world: &World, of: &Interaction, json: &mut Value) {
    let Some(account) = world.users.get(&of.user) else { return };
    let guild = of.guild.and_then(|id| world.guilds.get(&id));
    let member = guild.and_then(|guild| guild.members.get(&of.user));
    let (Some(guild), Some(member)) = (guild, member) else {
        json["user"] = account.json();
        json["context"] = json!(1);
        json["authorizing_integration_owners"] = json!({"0": "0"});
        return;
    };
    json["guild_id"] = json!(guild.id);
    json["guild_locale"] = json!("en-US");
    json["guild"] = json!({"id": guild.id, "locale": "en-US", "features": []});
    json["context"] = json!(0);
    json["authorizing_integration_owners"] = json!({"0": guild.id});
    json["member"] = member.json(account);
    let channel = world.channels.get(&of.channel);
    let may = channel.map_or(0, |channel| world.permissions(channel, of.user));
    json["member"]["permissions"] = json!(may.to_string());
}

fn partial_channel(world: &World, channel: &Channel, of: &Interaction) -> Value {
    let mut json = if channel.guild.is_some() {
        channel.json()
    } else {
        let recipient = world.users.get(&of.user).map_or(Value::Null, Account::json);
        channel.conversation(&recipient)
    };
    json["permissions"] = json!(world.permissions(channel, of.user).to_string());
    json
}

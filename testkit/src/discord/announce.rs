//! What the gateway tells of a change, and whom.
use serde_json::{Value, json};

use super::events::{ChannelChange, Event, intent};
use super::model::{Channel, Id, Message};
use super::permissions::permission::VIEW_CHANNEL;
use super::world::World;

impl World {
    /// Tells that something became of a channel or thread.
    pub(crate) fn channel_event(&mut self, what: ChannelChange, channel: &Channel) {
        let Some(guild) = channel.guild else { return };
        let name = match (what, channel.is_thread()) {
            (ChannelChange::Created, false) => "CHANNEL_CREATE",
            (ChannelChange::Updated, false) => "CHANNEL_UPDATE",
            (ChannelChange::Deleted, false) => "CHANNEL_DELETE",
            (ChannelChange::Created, true) => "THREAD_CREATE",
            (ChannelChange::Updated, true) => "THREAD_UPDATE",
            (ChannelChange::Deleted, true) => "THREAD_DELETE",
        };
        let mut data = channel.json();
        if name == "THREAD_CREATE" {
            data["newly_created"] = json!(true);
        }
        self.dispatch(&Event::of_guild(name, guild, intent::GUILDS, data));
    }

    /// Tells of a message, where the bot sees its channel. Ephemeral ones are told of to no one.
    pub(crate) fn message_event(&mut self, name: &'static str, message: &Message) {
        if message.is_ephemeral() {
            return;
        }
        let Some(channel) = self.channels.get(&message.channel) else { return };
        let (guild, in_dm) = (channel.guild, channel.guild.is_none());
        let bot = self.application.bot;
        let seen = self.permissions(channel, bot) & VIEW_CHANNEL != 0;
        if !seen {
            return;
        }
        let mut data = self.message_json(message);
        if let Some(guild) = guild {
            data["guild_id"] = json!(guild);
            let member =
                self.guilds.get(&guild).and_then(|guild| guild.members.get(&message.author));
            if let Some(member) = member {
                data["member"] = member.partial();
            }
        }
        let open = in_dm || message.author == bot || message.pinged.users.contains(&bot);
        let redacted = (!open).then(|| redact(data.clone()));
        let intent = if in_dm { intent::DIRECT_MESSAGES } else { intent::GUILD_MESSAGES };
        self.dispatch(&Event { name, data, guild, intent, redacted });
    }

    /// Tells that a message is gone.
    pub(crate) fn message_deleted(&mut self, message: &Message) {
        if message.is_ephemeral() {
            return;
        }
        let Some(channel) = self.channels.get(&message.channel) else { return };
        let guild = channel.guild;
        if self.permissions(channel, self.application.bot) & VIEW_CHANNEL == 0 {
            return;
        }
        let mut data = json!({"id": message.id, "channel_id": message.channel});
        if let Some(guild) = guild {
            data["guild_id"] = json!(guild);
        }
        let intent = if guild.is_none() { intent::DIRECT_MESSAGES } else { intent::GUILD_MESSAGES };
        self.dispatch(&Event { name: "MESSAGE_DELETE", data, guild, intent, redacted: None });
    }

    /// Tells that the pins of a channel changed.
    pub(crate) fn pins_event(&mut self, channel: Id) {
        let Some(channel) = self.channels.get(&channel) else { return };
        let guild = channel.guild;
        let mut data = json!({
            "channel_id": channel.id,
            "last_pin_timestamp": channel.last_pin.map(super::clock::written),
        });
        if let Some(guild) = guild {
            data["guild_id"] = json!(guild);
        }
        let intent = if guild.is_none() { intent::DIRECT_MESSAGES } else { intent::GUILDS };
        self.dispatch(&Event { name: "CHANNEL_PINS_UPDATE", data, guild, intent, redacted: None });
    }

    /// Tells that something became of a member.
    pub(crate) fn member_event(&mut self, name: &'static str, guild: Id, user: Id) {
        let Some(account) = self.users.get(&user) else { return };
        let member = self.guilds.get(&guild).and_then(|guild| guild.members.get(&user));
        let mut data = match member {
            Some(member) if name != "GUILD_MEMBER_REMOVE" => member.json(account),
            _ => json!({"user": account.json()}),
        };
        data["guild_id"] = json!(guild);
        let own = user == self.application.bot && name == "GUILD_MEMBER_UPDATE";
        let intent = if own { 0 } else { intent::GUILD_MEMBERS };
        self.dispatch(&Event::of_guild(name, guild, intent, data));
    }

    /// Tells that something became of a role.
    pub(crate) fn role_event(&mut self, name: &'static str, guild: Id, role: &Value) {
        let data = json!({"guild_id": guild, "role": role});
        self.dispatch(&Event::of_guild(name, guild, intent::GUILDS, data));
    }

    /// `GUILD_CREATE` as the bot gets it.
    pub(crate) fn guild_created(&self, guild: Id) -> Option<Value> {
        let bot = self.application.bot;
        let guild = self.guilds.get(&guild)?;
        let joined = guild.members.get(&bot)?.joined;
        let mut data = guild.created(joined);
        let of_guild = || self.channels.values().filter(|channel| channel.guild == Some(guild.id));
        let channels: Vec<_> =
            of_guild().filter(|channel| !channel.is_thread()).map(Channel::json).collect();
        let sees = |thread: &&Channel| {
            let active = thread.thread.as_ref().is_some_and(|thread| !thread.is_archived);
            active && self.permissions(thread, bot) & VIEW_CHANNEL != 0
        };
        let threads: Vec<_> = of_guild().filter(sees).map(Channel::json).collect();
        let own = guild.members.get(&bot).zip(self.users.get(&bot));
        data["members"] = own.map(|(member, bot)| member.json(bot)).into_iter().collect();
        data["channels"] = json!(channels);
        data["threads"] = json!(threads);
        Some(data)
    }
}

fn redact(mut data: Value) -> Value {
    data["content"] = json!("");
    for list in ["embeds", "components", "attachments"] {
        data[list] = json!([]);
    }
    data
}

//! What administrators, Discord itself and bad luck do: guilds, members, channels, connections.
use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::events::{ChannelChange, Event, intent};
use super::faults::{Fault, Trouble};
use super::gateway::{GatewayConnection, Out, SeenIdentify};
use super::interactions::{EndpointError, Interaction, check_endpoint, interaction_kind, payload};
use super::model::{Channel, Id, Message, kind};
use super::person::Person;
use super::stand_in::DiscordStandIn;
use super::world::World;

impl World {
    /// Lets the bot into a guild, with a role of its name.
    pub(crate) fn invite_bot(&mut self, guild: Id, permissions: u64) {
        let bot = self.application.bot;
        let (name, joined) = (self.application.name.clone(), self.now());
        let role = self.add_role(guild, &name, permissions);
        if let Some(found) = self.guilds.get_mut(&guild) {
            if let Some(role) = found.roles.get_mut(&role) {
                role.managed_by = Some(bot);
            }
            let (nick, roles) = (None, BTreeSet::from([role]));
            found.members.insert(bot, super::model::Member { user: bot, nick, roles, joined });
        }
        if let Some(data) = self.guild_created(guild) {
            self.dispatch(&Event::of_guild("GUILD_CREATE", guild, intent::GUILDS, data));
        }
    }
}

/// Guilds and members.
impl DiscordStandIn {
    /// A user in the first guild; the same one for the same name.
    pub fn user(&self, name: &str) -> Person {
        let mut world = self.shared.write();
        let known = world.users.values().find(|user| user.name == name && !user.is_bot);
        let id = known.map(|user| user.id);
        let id = id.unwrap_or_else(|| {
            let id = world.add_user(name, false);
            world.join(self.guild(), id);
            id
        });
        drop(world);
        Person::new(self, id, self.guild())
    }

    /// The user who owns the first guild: an administrator.
    pub fn owner(&self) -> Person {
        Person::new(self, self.owner_id(), self.guild())
    }

    /// Another guild, owned by `owner`; the bot is not in it yet.
    pub fn add_guild(&self, name: &str, owner: &Person) -> Id {
        self.shared.write().add_guild(name, owner.id())
    }

    /// Lets the bot into a guild.
    pub fn invite_bot(&self, guild: Id, permissions: u64) {
        self.shared.write().invite_bot(guild, permissions);
    }

    /// Throws the bot out of a guild.
    pub fn kick_bot(&self, guild: Id) {
        let mut world = self.shared.write();
        let bot = world.application.bot;
        world.leave(guild, bot);
    }

    /// Lets a user join a guild.
    pub fn join(&self, guild: Id, user: &Person) {
        self.shared.write().join(guild, user.id());
    }

    /// Lets a user leave a guild.
    pub fn leave(&self, guild: Id, user: &Person) {
        self.shared.write().leave(guild, user.id());
    }

    /// An outage of a guild begins or ends.
    pub fn set_guild_available(&self, guild: Id, available: bool) {
        let mut world = self.shared.write();
        if let Some(guild) = world.guilds.get_mut(&guild) {
            guild.unavailable = !available;
        }
        let event = if available {
            world.guild_created(guild).map(|data| ("GUILD_CREATE", data))
        } else {
            Some(("GUILD_DELETE", json!({"id": guild, "unavailable": true})))
        };
        if let Some((name, data)) = event {
            world.dispatch(&Event::of_guild(name, guild, intent::GUILDS, data));
        }
    }

    /// Adds a role.
    pub fn add_role(&self, guild: Id, name: &str, permissions: u64) -> Id {
        self.shared.write().add_role(guild, name, permissions)
    }

    /// Deletes a role.
    pub fn delete_role(&self, guild: Id, role: Id) {
        super::rest::remove_role(&mut self.shared.write(), guild, role);
    }

    /// Gives a role to a user, or takes it away.
    pub fn set_role(&self, guild: Id, user: Id, role: Id, has: bool) {
        let mut world = self.shared.write();
        let found = world.guilds.get_mut(&guild);
        if let Some(member) = found.and_then(|guild| guild.members.get_mut(&user)) {
            if has {
                member.roles.insert(role)
            } else {
                member.roles.remove(&role)
            };
        }
        world.member_event("GUILD_MEMBER_UPDATE", guild, user);
    }

    /// Changes what a role may.
    pub fn set_permissions(&self, guild: Id, role: Id, permissions: u64) {
        let mut world = self.shared.write();
        let role = world.guilds.get_mut(&guild).and_then(|guild| guild.roles.get_mut(&role));
        let Some(role) = role else { return };
        role.permissions = permissions;
        let json = role.json();
        world.role_event("GUILD_ROLE_UPDATE", guild, &json);
    }

    /// The role that the bot has in a guild.
    pub fn bot_role(&self, guild: Id) -> Option<Id> {
        let world = self.shared.read();
        let bot = world.application.bot;
        let guild = world.guilds.get(&guild)?;
        guild.roles.values().find(|role| role.managed_by == Some(bot)).map(|role| role.id)
    }

    /// Grants privileged intents.
    pub fn grant_intents(&self, intents: u64) {
        self.shared.write().application.granted = intents;
    }
}

/// Channels and messages, as an administrator with a mouse handles them.
impl DiscordStandIn {
    /// Adds a text channel.
    pub fn add_channel(&self, guild: Id, name: &str) -> Id {
        self.make_channel(guild, kind::TEXT, name)
    }

    /// Adds a category.
    pub fn add_category(&self, guild: Id, name: &str) -> Id {
        self.make_channel(guild, kind::CATEGORY, name)
    }

    fn make_channel(&self, guild: Id, kind: u64, name: &str) -> Id {
        let mut world = self.shared.write();
        let id = world.new_id();
        let channel = Channel::named(id, Some(guild), kind, name);
        world.channels.insert(id, channel.clone());
        world.channel_event(ChannelChange::Created, &channel);
        id
    }

    /// Deletes a channel.
    pub fn delete_channel(&self, channel: Id) {
        self.shared.write().remove_channel(channel);
    }

    /// Renames a channel.
    pub fn rename_channel(&self, channel: Id, name: &str) {
        self.change_channel(channel, |channel| name.clone_into(&mut channel.name));
    }

    /// Moves a channel into a category, or out of all.
    pub fn move_channel(&self, channel: Id, parent: Option<Id>) {
        self.change_channel(channel, |channel| channel.parent = parent);
    }

    /// Takes all overwrites of a channel away: it is as open as the guild.
    pub fn clear_overwrites(&self, channel: Id) {
        self.change_channel(channel, |channel| channel.overwrites.clear());
    }

    /// Denies the bot some permissions in a channel, by an overwrite for its own account.
    pub fn deny_bot(&self, channel: Id, deny: u64) {
        let bot = self.application().1;
        self.change_channel(channel, |channel| {
            channel.overwrites.retain(|over| over.id != bot);
            let over = super::model::Overwrite { id: bot, is_member: true, allow: 0, deny };
            channel.overwrites.push(over);
        });
    }

    /// Archives a thread, or wakes it.
    pub fn set_archived(&self, thread: Id, archived: bool) {
        self.change_channel(thread, |channel| {
            if let Some(thread) = &mut channel.thread {
                thread.is_archived = archived;
            }
        });
    }

    fn change_channel(&self, channel: Id, change: impl FnOnce(&mut Channel)) {
        let mut world = self.shared.write();
        let Some(found) = world.channels.get_mut(&channel) else { return };
        change(found);
        let found = found.clone();
        world.channel_event(ChannelChange::Updated, &found);
    }

    /// Deletes a message.
    pub fn delete_message(&self, channel: Id, message: Id) {
        self.shared.write().remove_message(channel, message);
    }

    /// Takes a pin away.
    pub fn unpin(&self, channel: Id, message: Id) {
        let mut world = self.shared.write();
        let found = world.messages.get_mut(&channel).and_then(|all| all.get_mut(&message));
        let Some(found) = found else { return };
        found.is_pinned = false;
        let found = found.clone();
        world.message_event("MESSAGE_UPDATE", &found);
        world.pins_event(channel);
    }

    /// Lets someone write in a channel.
    pub fn say(&self, user: &Person, channel: Id, text: &str) -> Id {
        let mut world = self.shared.write();
        let id = world.new_id();
        let mut message = Message::by(id, channel, user.id());
        text.clone_into(&mut message.content);
        world.post(&message);
        id
    }
}

/// The gateway.
impl DiscordStandIn {
    /// Connections that are there.
    pub fn connections(&self) -> Vec<GatewayConnection> {
        self.shared.read().gateway.connected()
    }

    /// Every IDENTIFY that was accepted.
    pub fn identified(&self) -> Vec<SeenIdentify> {
        self.shared.read().gateway.seen.clone()
    }

    /// How often a session was resumed.
    pub fn resumed(&self) -> u64 {
        self.shared.read().gateway.resumed
    }

    fn tell_all(&self, what: &Out) {
        let world = self.shared.write();
        for session in &world.gateway.sessions {
            session.say(what.clone());
        }
    }

    /// Closes all connections with a code; 4000 can be resumed.
    pub fn close_connections(&self, code: u16) {
        self.tell_all(&Out::Close(code));
    }

    /// Drops all connections without a word.
    pub fn drop_connections(&self) {
        self.tell_all(&Out::Drop);
    }

    /// Lets all connections go silent: nothing comes any more, no heartbeat is acknowledged, and they stay open.
    pub fn silence_connections(&self) {
        self.tell_all(&Out::Silence);
    }

    /// Asks all clients to reconnect and resume: op 7.
    pub fn request_reconnect(&self) {
        self.tell_all(&Out::Send(json!({"op": 7, "d": null, "s": null, "t": null}).to_string()));
    }

    /// Ends all sessions: op 9. Those that cannot be resumed are forgotten.
    pub fn invalidate_sessions(&self, resumable: bool) {
        let payload = json!({"op": 9, "d": resumable, "s": null, "t": null}).to_string();
        let mut world = self.shared.write();
        for session in &mut world.gateway.sessions {
            session.say(Out::Send(payload.clone()));
            if !resumable {
                session.id = String::new();
            }
        }
    }

    /// Forgets all sessions of clients that are away: they cannot resume.
    pub fn expire_sessions(&self) {
        self.shared.write().gateway.sessions.retain(|session| session.out.is_some());
    }

    /// Lets the gateway be down: connections are dropped and refused until it is up again.
    pub fn set_gateway_down(&self, down: bool) {
        self.shared.write().gateway.is_down = down;
        if down {
            self.drop_connections();
        }
    }

    /// The interval of heartbeats that clients are told when they connect.
    pub fn set_heartbeat(&self, every: Duration) {
        self.shared.write().gateway.heartbeat = every;
    }

    /// Whether one IDENTIFY in five seconds is the most, as it is on Discord.
    pub fn limit_identify(&self, limits: bool) {
        self.shared.write().gateway.limits_identify = limits;
    }

    /// How many shards Discord recommends.
    pub fn recommend_shards(&self, shards: u64) {
        self.shared.write().gateway.recommended_shards = shards;
    }

    /// Sends an event that no client knows, as Discord does from time to time.
    pub fn send_unknown_event(&self, name: &'static str, data: serde_json::Value) {
        let event = Event { name, data, guild: None, intent: 0, redacted: None };
        self.shared.write().dispatch(&event);
    }
}

/// Trouble, limits and the endpoint.
impl DiscordStandIn {
    /// Makes `times` requests like `method` and `path` fail; `*` stands for any method, and for one part of a path.
    pub fn fail(&self, method: &str, path: &str, trouble: Trouble, times: u32) {
        let (method, path) = (method.to_owned(), path.trim_start_matches('/').to_owned());
        self.shared.write().faults.pending.push(Fault { method, path, trouble, times });
    }

    /// How long every answer takes.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.write().faults.latency = latency;
    }

    /// Gives a kind of request its own limit: `message-edit`, `channel-create`, … (see the documentation of the module).
    pub fn set_limit(&self, name: &'static str, most: u32, window: Duration) {
        let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        self.shared.write().rates.own.insert(name, (most, window));
    }

    /// How many answers were 401, 403 or 429 in the last ten minutes; at 10 000 Discord answers no more.
    pub fn invalid_requests(&self) -> u32 {
        let mut world = self.shared.write();
        let now = world.now();
        world.rates.invalid(now)
    }

    /// Notes so many more invalid requests, as if they had been made.
    pub fn note_invalid_requests(&self, count: u32) {
        let mut world = self.shared.write();
        let now = world.now();
        for _ in 0..count {
            world.rates.note(429, now);
        }
    }

    /// Sets the address that interactions go to instead of the gateway, or none. It is checked as the developer portal does.
    pub async fn set_endpoint(&self, url: Option<&str>) -> Result<(), EndpointError> {
        if let Some(url) = url {
            let (ping, seconds) = {
                let mut world = self.shared.write();
                let ping = Interaction {
                    id: world.new_id(),
                    token: "ping".to_owned(),
                    kind: interaction_kind::PING,
                    guild: None,
                    channel: Id::default(),
                    user: world.application.bot,
                    data: json!(null),
                    source: None,
                    created: world.now(),
                    answer: None,
                };
                (payload(&world, &ping), world.now() / 1000)
            };
            check_endpoint(&self.shared.transport, url, ping, seconds).await?;
        }
        self.shared.write().application.endpoint = url.map(ToOwned::to_owned);
        Ok(())
    }

    /// Answers of the endpoint that Discord would not take: interaction and why.
    pub fn refused_answers(&self) -> Vec<(Id, serde_json::Value)> {
        self.shared.read().refused_answers.clone()
    }
}

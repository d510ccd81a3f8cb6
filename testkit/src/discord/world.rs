//! Everything that is on a stand-in, and how it looks from outside.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::clock::{StandInClock, written};
use super::error::{
    ApiError, MISSING_ACCESS, MISSING_PERMISSIONS, UNKNOWN_CHANNEL, UNKNOWN_GUILD, UNKNOWN_MESSAGE,
};
use super::events::{ChannelChange, Event, intent};
use super::faults::Faults;
use super::gateway::Gateway;
use super::interactions::Interaction;
use super::model::{Account, Channel, Guild, Id, IdSource, Member, Message, Role};
use super::permissions::permission::{EVERYONE, VIEW_CHANNEL};
use super::permissions::{in_channel, in_thread};
use super::rate::RateLimits;
use super::requests::RecordedRequest;

/// The app of the bot.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) bot: Id,
    pub(crate) token: String,
    /// Privileged intents that were granted.
    pub(crate) granted: u64,
    /// Where interactions go instead of the gateway.
    pub(crate) endpoint: Option<String>,
    pub(crate) public_key: String,
}

/// A command that was registered.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) id: Id,
    pub(crate) version: Id,
    pub(crate) guild: Option<Id>,
    /// The body, in the form it is answered in.
    pub(crate) body: Value,
}

impl Command {
    pub(crate) fn name(&self) -> &str {
        self.body["name"].as_str().unwrap_or_default()
    }
}

/// A sent nonce: who, where, which, and until when it is the same message.
#[derive(Debug)]
pub(crate) struct SeenNonce {
    pub(crate) channel: Id,
    pub(crate) nonce: Value,
    pub(crate) message: Id,
    pub(crate) until: u64,
}

/// Everything that is on a stand-in.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: StandInClock,
    pub(crate) ids: IdSource,
    pub(crate) application: Application,
    pub(crate) users: BTreeMap<Id, Account>,
    pub(crate) guilds: BTreeMap<Id, Guild>,
    pub(crate) channels: BTreeMap<Id, Channel>,
    pub(crate) messages: BTreeMap<Id, BTreeMap<Id, Message>>,
    pub(crate) commands: Vec<Command>,
    /// When commands were made, for the limit of a day.
    pub(crate) command_creates: Vec<(Option<Id>, u64)>,
    pub(crate) interactions: BTreeMap<Id, Interaction>,
    pub(crate) nonces: Vec<SeenNonce>,
    pub(crate) gateway: Gateway,
    pub(crate) rates: RateLimits,
    pub(crate) faults: Faults,
    pub(crate) requests: Vec<RecordedRequest>,
    /// Answers of an endpoint that were refused, by interaction.
    pub(crate) refused_answers: Vec<(Id, Value)>,
}

impl World {
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    pub(crate) fn new_id(&mut self) -> Id {
        self.ids.next(self.clock.now())
    }

    /// A guild that the bot is in.
    pub(crate) fn guild(&self, id: Id) -> Result<&Guild, ApiError> {
        let guild = self.guilds.get(&id).ok_or(UNKNOWN_GUILD)?;
        let is_in = guild.members.contains_key(&self.application.bot) && !guild.unavailable;
        if is_in { Ok(guild) } else { Err(MISSING_ACCESS.into()) }
    }

    /// What `user` may in `channel`.
    pub(crate) fn permissions(&self, channel: &Channel, user: Id) -> u64 {
        let Some(guild) = channel.guild else {
            let in_it = channel.recipient == Some(user) || user == self.application.bot;
            return if in_it { EVERYONE } else { 0 };
        };
        let Some(guild) = self.guilds.get(&guild) else { return 0 };
        if guild.unavailable {
            return 0;
        }
        match channel.parent.filter(|_| channel.is_thread()) {
            Some(parent) => {
                let in_parent =
                    self.channels.get(&parent).map_or(0, |parent| in_channel(guild, parent, user));
                in_thread(channel, in_parent, user)
            }
            None => in_channel(guild, channel, user),
        }
    }

    /// A channel that the bot may do `needed` in.
    pub(crate) fn channel(&self, id: Id, needed: u64) -> Result<&Channel, ApiError> {
        let channel = self.channels.get(&id).ok_or(UNKNOWN_CHANNEL)?;
        let may = self.permissions(channel, self.application.bot);
        if may & VIEW_CHANNEL == 0 {
            return Err(MISSING_ACCESS.into());
        }
        if may & needed != needed {
            return Err(MISSING_PERMISSIONS.into());
        }
        Ok(channel)
    }

    /// A message that REST knows: no ephemeral one.
    pub(crate) fn message(&self, channel: Id, id: Id) -> Result<&Message, ApiError> {
        let found = self.messages.get(&channel).and_then(|messages| messages.get(&id));
        let found = found.filter(|message| !message.is_ephemeral());
        found.ok_or_else(|| UNKNOWN_MESSAGE.into())
    }

    /// Puts a message where it belongs, and tells of it.
    pub(crate) fn post(&mut self, message: &Message) {
        if !message.is_ephemeral()
            && let Some(channel) = self.channels.get_mut(&message.channel)
        {
            channel.last_message = Some(message.id);
        }
        self.messages.entry(message.channel).or_default().insert(message.id, message.clone());
        self.message_event("MESSAGE_CREATE", message);
    }

    /// Takes a message away, and tells of it.
    pub(crate) fn remove_message(&mut self, channel: Id, id: Id) -> Option<Message> {
        let message = self.messages.get_mut(&channel)?.remove(&id)?;
        self.message_deleted(&message);
        if message.is_pinned {
            self.pins_event(channel);
        }
        Some(message)
    }

    /// A message as it is answered.
    pub(crate) fn message_json(&self, message: &Message) -> Value {
        let author = self.users.get(&message.author).map(Account::json);
        let mentioned = message.pinged.users.iter().filter_map(|user| self.users.get(user));
        let mut json = json!({
            "id": message.id, "channel_id": message.channel, "author": author, "content": message.content,
            "timestamp": written(message.id.millis()), "edited_timestamp": message.edited.map(written), "tts": false,
            "mention_everyone": message.pinged.everyone, "mentions": mentioned.map(Account::json).collect::<Vec<_>>(),
            "mention_roles": message.pinged.roles, "attachments": message.attachments, "embeds": message.embeds,
            "pinned": message.is_pinned, "type": message.kind, "flags": message.flags, "components": message.components,
        });
        if let Some(nonce) = &message.nonce {
            json["nonce"] = nonce.clone();
        }
        if message.author == self.application.bot {
            json["application_id"] = json!(self.application.id);
        }
        if let Some(reference) = message.reference {
            json["message_reference"] =
                json!({"type": 0, "channel_id": message.channel, "message_id": reference});
        }
        if let Some(interaction) = message.interaction.and_then(|id| self.interactions.get(&id)) {
            json["webhook_id"] = json!(self.application.id);
            let user = self.users.get(&interaction.user).map(Account::json);
            json["interaction_metadata"] = json!({
                "id": interaction.id, "type": interaction.kind, "user": user, "authorizing_integration_owners": {},
            });
        }
        json
    }

    /// Tells all sessions that are to know.
    pub(crate) fn dispatch(&mut self, event: &Event) {
        self.gateway.dispatch(event);
    }

    /// The conversation of the bot with `user`, made where there is none.
    pub(crate) fn conversation(&mut self, user: Id) -> Id {
        let found = self.channels.values().find(|channel| channel.recipient == Some(user));
        if let Some(found) = found {
            return found.id;
        }
        let id = self.new_id();
        let mut channel = Channel::named(id, None, super::model::kind::DM, "");
        channel.recipient = Some(user);
        self.channels.insert(id, channel);
        id
    }

    /// Removes a channel with all that hangs on it, as Discord does: a category leaves its channels, a channel takes its threads
    /// along.
    pub(crate) fn remove_channel(&mut self, id: Id) -> Option<Channel> {
        let threads: Vec<_> = self.channels.values().filter(|it| it.parent == Some(id)).collect();
        let (threads, children): (Vec<_>, Vec<_>) =
            threads.into_iter().map(|it| (it.id, it.is_thread())).partition(|(_, thread)| *thread);
        for (thread, _) in threads {
            self.remove_channel(thread);
        }
        for (child, _) in children {
            if let Some(child) = self.channels.get_mut(&child) {
                child.parent = None;
                let child = child.clone();
                self.channel_event(ChannelChange::Updated, &child);
            }
        }
        let channel = self.channels.remove(&id)?;
        self.messages.remove(&id);
        self.channel_event(ChannelChange::Deleted, &channel);
        Some(channel)
    }

    /// Adds an account.
    pub(crate) fn add_user(&mut self, name: &str, is_bot: bool) -> Id {
        let id = self.new_id();
        let (name, locale) = (name.to_owned(), "en-US".to_owned());
        let account = Account { id, name, display_name: None, is_bot, takes_dms: true, locale };
        self.users.insert(id, account);
        id
    }

    /// Adds a guild with a channel "general"; the bot is not in it yet.
    pub(crate) fn add_guild(&mut self, name: &str, owner: Id) -> Id {
        let id = self.new_id();
        let everyone = Role {
            id,
            name: "@everyone".to_owned(),
            permissions: EVERYONE,
            position: 0,
            color: 0,
            hoist: false,
            mentionable: false,
            managed_by: None,
        };
        let guild = Guild {
            id,
            name: name.to_owned(),
            owner,
            roles: BTreeMap::from([(id, everyone)]),
            members: BTreeMap::new(),
            unavailable: false,
        };
        self.guilds.insert(id, guild);
        self.join(id, owner);
        let general = self.new_id();
        let channel = Channel::named(general, Some(id), super::model::kind::TEXT, "general");
        self.channels.insert(general, channel);
        id
    }

    /// Lets an account join a guild.
    pub(crate) fn join(&mut self, guild: Id, user: Id) {
        let joined = self.now();
        if let Some(guild) = self.guilds.get_mut(&guild) {
            let member = Member { user, nick: None, roles: BTreeSet::new(), joined };
            guild.members.entry(user).or_insert(member);
        }
        self.member_event("GUILD_MEMBER_ADD", guild, user);
    }

    /// Adds a role above the others.
    pub(crate) fn add_role(&mut self, guild: Id, name: &str, permissions: u64) -> Id {
        let id = self.new_id();
        let Some(found) = self.guilds.get_mut(&guild) else { return id };
        let role = Role {
            id,
            name: name.to_owned(),
            permissions,
            position: u64::try_from(found.roles.len()).unwrap_or(u64::MAX),
            color: 0,
            hoist: false,
            mentionable: false,
            managed_by: None,
        };
        let json = role.json();
        found.roles.insert(id, role);
        self.role_event("GUILD_ROLE_CREATE", guild, &json);
        id
    }

    /// Takes a member out of a guild; for the bot that is the end of the guild.
    pub(crate) fn leave(&mut self, guild: Id, user: Id) {
        if user == self.application.bot {
            let data = json!({"id": guild});
            self.dispatch(&Event::of_guild("GUILD_DELETE", guild, intent::GUILDS, data));
        }
        if let Some(found) = self.guilds.get_mut(&guild) {
            found.members.remove(&user);
            let gone: Vec<_> = found
                .roles
                .values()
                .filter(|role| role.managed_by == Some(user))
                .map(|role| role.id)
                .collect();
            for role in gone {
                found.roles.remove(&role);
            }
        }
        if user == self.application.bot {
            self.commands.retain(|command| command.guild != Some(guild));
        } else {
            self.member_event("GUILD_MEMBER_REMOVE", guild, user);
        }
    }
}

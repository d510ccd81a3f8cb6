//! People: what they type, press and fill in, and what they see.
mod command;
mod component;
mod reaction;
mod shown;

use std::fmt;

use serde_json::Value;

use super::interactions::{Interaction, deliver};
use super::model::{Id, Message};
use super::permissions::permission::VIEW_CHANNEL;
use super::stand_in::DiscordStandIn;
use super::world::World;

pub(crate) use command::shown_commands;
pub use reaction::{NoAnswer, Reaction};
pub use shown::{
    Choice, ShownButton, ShownChannel, ShownField, ShownMessage, ShownModal, ShownSelect,
};
pub(crate) use shown::{modal_of, shown_message};

/// Someone at a client of Discord, in a channel or in the conversation with the bot.
#[derive(Debug, Clone)]
pub struct Person {
    discord: DiscordStandIn,
    id: Id,
    guild: Id,
    place: Place,
    times: u32,
}

/// Where someone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the first channel of the guild that they see.
    Anywhere,
    Channel(Id),
    Conversation,
}

/// Why something cannot be done in a client of Discord: it is not shown, or not enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotDo(pub String);

impl fmt::Display for CannotDo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CannotDo {}

fn cannot<T>(why: impl Into<String>) -> Result<T, CannotDo> {
    Err(CannotDo(why.into()))
}

/// Whether `user` sees a message of a channel that they see.
pub(crate) fn sees_message(message: &Message, user: Id) -> bool {
    !message.is_ephemeral() || message.seen_by == Some(user)
}

impl Person {
    pub(crate) fn new(discord: &DiscordStandIn, id: Id, guild: Id) -> Self {
        Self { discord: discord.clone(), id, guild, place: Place::Anywhere, times: 1 }
    }

    /// The id.
    pub fn id(&self) -> Id {
        self.id
    }

    /// The user name.
    pub fn name(&self) -> String {
        let world = self.discord.shared.read();
        world.users.get(&self.id).map_or_else(String::new, |user| user.name.clone())
    }

    /// The same person in a channel.
    #[must_use]
    pub fn in_channel(&self, channel: Id) -> Self {
        Self { place: Place::Channel(channel), ..self.clone() }
    }

    /// The same person in the conversation with the bot.
    #[must_use]
    pub fn in_conversation(&self) -> Self {
        Self { place: Place::Conversation, ..self.clone() }
    }

    /// The same person in another guild.
    #[must_use]
    pub fn in_guild(&self, guild: Id) -> Self {
        Self { place: Place::Anywhere, guild, ..self.clone() }
    }

    /// The same person, whose interactions are delivered twice.
    #[must_use]
    pub fn delivered_twice(&self) -> Self {
        Self { times: 2, ..self.clone() }
    }

    /// Sets the name that is shown.
    pub fn set_display_name(&self, name: &str) {
        let mut world = self.discord.shared.write();
        if let Some(user) = world.users.get_mut(&self.id) {
            user.display_name = Some(name.to_owned());
        }
    }

    /// Sets the language of the client.
    pub fn set_locale(&self, locale: &str) {
        let mut world = self.discord.shared.write();
        if let Some(user) = world.users.get_mut(&self.id) {
            locale.clone_into(&mut user.locale);
        }
    }

    /// Closes direct messages, or opens them.
    pub fn set_takes_dms(&self, takes: bool) {
        let mut world = self.discord.shared.write();
        if let Some(user) = world.users.get_mut(&self.id) {
            user.takes_dms = takes;
        }
    }

    /// The bits of what this person may in a channel.
    pub fn permissions(&self, channel: Id) -> u64 {
        let world = self.discord.shared.read();
        world.channels.get(&channel).map_or(0, |channel| world.permissions(channel, self.id))
    }

    /// Whether this person sees a channel.
    pub fn sees(&self, channel: Id) -> bool {
        self.permissions(channel) & VIEW_CHANNEL != 0
    }

    /// The channels of the guild that this person sees.
    pub fn channels(&self) -> Vec<ShownChannel> {
        let world = self.discord.shared.read();
        let seen = world.channels.values().filter(|channel| {
            channel.guild == Some(self.guild)
                && world.permissions(channel, self.id) & VIEW_CHANNEL != 0
        });
        seen.map(ShownChannel::of).collect()
    }

    /// What this person sees in a channel, oldest first; answers that only they see are among it.
    pub fn messages(&self, channel: Id) -> Vec<ShownMessage> {
        if !self.sees(channel) {
            return Vec::new();
        }
        let world = self.discord.shared.read();
        let all = world.messages.get(&channel).into_iter().flatten().map(|(_, message)| message);
        let seen = all.filter(|message| sees_message(message, self.id));
        seen.map(shown_message).collect()
    }

    /// The modal that was opened for this person last, where it is not submitted yet.
    pub fn open_modal(&self) -> Option<ShownModal> {
        let world = self.discord.shared.read();
        let last = world.interactions.values().rev().find(|it| it.user == self.id)?;
        let answer = last.answer.as_ref().filter(|answer| answer.kind == 9)?;
        Some(modal_of(last.id, &answer.data))
    }

    /// The direct messages of the bot, oldest first.
    pub fn direct_messages(&self) -> Vec<ShownMessage> {
        let channel = {
            let world = self.discord.shared.read();
            world.channels.values().find(|it| it.recipient == Some(self.id)).map(|it| it.id)
        };
        channel.map_or_else(Vec::new, |channel| self.messages(channel))
    }

    /// Waits for a direct message that `found` chooses.
    pub async fn wait_direct_message(
        &self,
        what: &str,
        found: impl Fn(&ShownMessage) -> bool + Send + Sync,
    ) -> ShownMessage {
        self.discord
            .wait(what, |_| self.direct_messages().into_iter().find(|message| found(message)))
            .await
    }

    /// Waits for a message in a channel that this person sees and `found` chooses.
    pub async fn wait_message(
        &self,
        what: &str,
        channel: Id,
        found: impl Fn(&ShownMessage) -> bool + Send + Sync,
    ) -> ShownMessage {
        self.discord
            .wait(what, |_| self.messages(channel).into_iter().find(|message| found(message)))
            .await
    }

    /// The channel that this person is in.
    fn channel(&self, world: &mut World) -> Result<Id, CannotDo> {
        match self.place {
            Place::Conversation => Ok(world.conversation(self.id)),
            Place::Channel(channel) => Ok(channel),
            Place::Anywhere => {
                let first = world.channels.values().find(|channel| {
                    channel.guild == Some(self.guild)
                        && channel.kind == super::model::kind::TEXT
                        && world.permissions(channel, self.id) & VIEW_CHANNEL != 0
                });
                first.map(|channel| channel.id).ok_or_else(|| CannotDo("no channel is seen".into()))
            }
        }
    }

    /// Makes an interaction of this person, and delivers it.
    fn interact(
        &self,
        (kind, channel): (u64, Id),
        data: Value,
        source: Option<Id>,
    ) -> Result<Reaction, CannotDo> {
        let mut world = self.discord.shared.write();
        let found = world.channels.get(&channel);
        let Some(found) = found.filter(|it| world.permissions(it, self.id) & VIEW_CHANNEL != 0)
        else {
            return cannot("the channel is not seen");
        };
        let (guild, id) = (found.guild, world.new_id());
        let interaction = Interaction {
            id,
            token: token(id),
            kind,
            guild,
            channel,
            user: self.id,
            data,
            source,
            created: world.now(),
            answer: None,
        };
        world.interactions.insert(id, interaction);
        drop(world);
        deliver(&self.discord.shared, id, self.times);
        Ok(Reaction::new(&self.discord, id))
    }
}

/// A token as long as Discord's are.
fn token(id: Id) -> String {
    format!("aW50ZXJhY3Rpb246{:088x}{:088x}", id.0, id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

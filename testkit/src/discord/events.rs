//! Events, and the intents that they need.
use serde_json::Value;

use super::model::Id;

/// Bits of intents.
pub mod intent {
    /// Guilds, roles, channels, threads and pins.
    pub const GUILDS: u64 = 1;
    /// Members; privileged.
    pub const GUILD_MEMBERS: u64 = 1 << 1;
    /// Presences; privileged.
    pub const GUILD_PRESENCES: u64 = 1 << 8;
    /// Messages in guilds.
    pub const GUILD_MESSAGES: u64 = 1 << 9;
    /// Direct messages.
    pub const DIRECT_MESSAGES: u64 = 1 << 12;
    /// What messages say; privileged.
    pub const MESSAGE_CONTENT: u64 = 1 << 15;
    /// Those that have to be granted.
    pub const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;
    /// All that there are.
    pub const ALL: u64 = ((1 << 17) - 1) | (0b11 << 20) | (0b11 << 24);
}

/// An event, and who gets it.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) data: Value,
    /// The guild whose shard gets it; none for direct messages.
    pub(crate) guild: Option<Id>,
    /// The intent that it needs; zero for none.
    pub(crate) intent: u64,
    /// With the content taken out, for sessions that may not read it.
    pub(crate) redacted: Option<Value>,
}

impl Event {
    pub(crate) fn of_guild(name: &'static str, guild: Id, intent: u64, data: Value) -> Self {
        Self { name, data, guild: Some(guild), intent, redacted: None }
    }
}

/// What became of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelChange {
    Created,
    Updated,
    Deleted,
}

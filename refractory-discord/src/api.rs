//! What the bot asks of Discord. The adapter implements it over serenity; tests over memory.
use async_trait::async_trait;
use refractory_core::Result;
use serde_json::{Value, json};

use crate::interaction::{InteractionToken, Snowflake};
use crate::message::{Choice, Message, Modal};

/// What an interaction is answered with at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Immediate {
    /// That someone is there.
    Pong,
    /// What the typed text could mean.
    Choices(Vec<Choice>),
    /// A form.
    Modal(Modal),
    /// That an answer follows, for the user alone.
    Later,
    /// That the message may change.
    LaterHere,
    /// A message for the user alone.
    Show(Message),
}

/// The flag of a message that only one user sees.
const EPHEMERAL: u64 = 1 << 6;

impl Immediate {
    /// As Discord takes it.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Pong => json!({ "type": 1 }),
            Self::Choices(choices) => {
                let choices: Vec<_> = choices.iter().map(Choice::to_json).collect();
                json!({ "type": 8, "data": { "choices": choices } })
            }
            Self::Modal(modal) => json!({ "type": 9, "data": modal.to_json() }),
            Self::Later => json!({ "type": 5, "data": { "flags": EPHEMERAL } }),
            Self::LaterHere => json!({ "type": 6 }),
            Self::Show(message) => json!({ "type": 4, "data": private(message) }),
        }
    }
}

/// `message` for one user alone, as Discord takes it.
pub fn private(message: &Message) -> Value {
    let mut json = message.to_json();
    json["flags"] = json!(EPHEMERAL);
    json
}

/// A message, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageLocation {
    /// The channel.
    pub channel: Snowflake,
    /// The message.
    pub message: Snowflake,
}

/// Discord, as far as the bot uses it.
///
/// Errors are `NotFound` for what is gone or too old, `Conflict` for an interaction that was answered already, `Forbidden`
/// for what the bot or the user's settings do not allow, `Exhausted` for Discord's limits, `Invalid` for what Discord refuses, and `Unavailable` where it does not answer.
#[async_trait]
pub trait DiscordApi: std::fmt::Debug + Send + Sync {
    /// Answers an interaction at once.
    async fn respond(
        &self,
        interaction: Snowflake,
        token: &InteractionToken,
        with: &Immediate,
    ) -> Result<()>;

    /// Replaces the answer of an interaction, or the message that it came from.
    async fn edit_answer(&self, token: &InteractionToken, message: &Message) -> Result<()>;

    /// Adds an answer that only the user sees.
    async fn add_answer(&self, token: &InteractionToken, message: &Message) -> Result<()>;

    /// Sends a message to a channel.
    async fn send(&self, channel: Snowflake, message: &Message) -> Result<MessageLocation>;

    /// Replaces a message.
    async fn edit(&self, at: MessageLocation, message: &Message) -> Result<()>;

    /// The channel of direct messages with a user.
    async fn direct_channel(&self, account: u64) -> Result<Snowflake>;

    /// Registers the commands: everywhere, or in these servers.
    async fn register(&self, commands: &Value, guilds: &[Snowflake]) -> Result<()>;
}

//! Conversations with the bot, without Discord.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
mod conversation;
mod fake;
mod stand_in;

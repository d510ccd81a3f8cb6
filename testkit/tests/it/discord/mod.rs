//! The Discord stand-in: each of its rules, asked over the wire.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]
mod channels;
mod client;
mod commands;
mod gateway;
mod interactions;
mod limits;
mod messages;
mod page;
mod people;
mod rates;
mod serenity_types;

//! The Discord bot of Refractory.
//!
//! It holds a [`Refractory`](refractory_core::Refractory) and never a port. What users ask for is a value ([`command::Command`]), and so is what they are
//! shown ([`message::Message`]); only [`adapter`] knows the library that talks to Discord.
//!
//! - [`Bot::receive`] answers an interaction at once, without waiting for the store; [`Bot::perform`] does the rest.
//! - [`Courier`] brings both to Discord, for interactions from the gateway and from the HTTP [`endpoint`] alike.
//! - What a user may do is decided by the handle: the principal is that of the user whom the Discord account is linked to.
pub mod action;
pub mod adapter;
pub mod api;
pub mod bot;
pub mod command;
mod config;
mod courier;
pub mod directory;
pub mod endpoint;
pub mod interaction;
mod limits;
pub mod message;
mod recent;
pub mod service;
mod text;
mod view;

pub use bot::Bot;
pub use config::DiscordConfig;
pub use courier::Courier;

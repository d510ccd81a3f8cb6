//! A Discord on this machine: REST, gateway and interactions, as strict as the real one, and people who use it.
//!
//! # For tests
//!
//! ```no_run
//! use testkit::discord::{DiscordStandIn, StandInOptions};
//!
//! # async fn test() -> Result<(), Box<dyn std::error::Error>> {
//! let discord = DiscordStandIn::start(&StandInOptions::default());
//! // The bot under test: REST at `discord.url()` (serenity: `HttpBuilder::proxy` with the limiter off), gateway at
//! // `discord.gateway_url()`, which `GET /gateway` answers too, with `discord.token()`.
//! discord.wait_connected(1).await;
//! let alice = discord.user("alice");
//! let answer = alice.slash("/foundry start", &[("table", "wald")])?.message().await;
//! assert!(answer.is_ephemeral);
//! let modal = alice.press(&answer, "Settings")?.modal().await;
//! let done = alice.submit(&modal, &[("Name", "winter")])?.message().await;
//! # drop(done);
//! # Ok(())
//! # }
//! ```
//!
//! There is one guild with a channel `general`; `owner` owns it and the bot is in it with what `StandInOptions::bot_permissions`
//! says. [`DiscordStandIn::user`] adds members. Everything is recorded ([`DiscordStandIn::requests`]), and everything that is
//! waited for is an event ([`DiscordStandIn::wait`]): no test needs to sleep. Stand-ins run beside one another, each on its own
//! port and thread.
//!
//! # To look at
//!
//! The address of a stand-in is a page as well: guild, channels, messages, ephemeral answers and direct messages as one member or another
//! sees them, with buttons, commands and modals that work. `cargo run -p testkit --features discord --bin discord-stand-in` starts one.
//!
//! # What is strict
//!
//! - Documented limits of messages, embeds, components, modals, commands and channels are refused with 50035 and the tree of errors.
//! - Permissions with overwrites decide about every call (50001, 50013), and about what each person sees.
//! - Interactions have to be acknowledged within three seconds (10062), once (40060); their tokens are good for fifteen minutes
//!   (50027). Autocompletions are answered with choices alone, and a modal cannot follow a deferral.
//! - The gateway wants granted intents (4014), a token (4004), heartbeats (4009) and not too many payloads (4008).
//! - Rate limits, by bucket, globally, and for invalid requests. Discord publishes no numbers; those here were seen from outside and
//!   can be set ([`DiscordStandIn::set_limit`]): `message-create`, `message-edit`, `message-delete`, `message-get`, `pin`, `pins`,
//!   `channel-edit`, `channel-create`, `overwrite`, `dm-create`, `webhook`, `member`, `guild-commands`, `global-commands`.
//! - Pinning needs `PIN_MESSAGES` (since February 2026), and says in the channel that something was pinned.
//!
//! # What is not here
//!
//! Voice, reactions, emojis, stickers, forums, polls, scheduled events, invites, moderation, `OAuth2` and the audit log. Files are
//! counted and not kept. The clock is the machine's and what [`DiscordStandIn::advance`] adds; a websocket's heartbeat follows tokio's
//! time.
mod admin;
mod announce;
mod api;
mod clock;
mod error;
mod events;
mod faults;
mod gateway;
mod interactions;
mod limits;
mod model;
mod page;
mod permissions;
mod person;
mod rate;
mod reply;
mod requests;
mod rest;
mod server;
mod shared;
mod stand_in;
mod start;
mod world;

pub use clock::StandInClock;
pub use events::intent;
pub use faults::{Fault, Trouble};
pub use gateway::{GatewayConnection, SeenIdentify};
pub use interactions::{EndpointError, Signer};
pub use model::{Id, Pinged};
pub use permissions::permission;
pub use person::{
    CannotDo, Choice, NoAnswer, Person, Reaction, ShownButton, ShownChannel, ShownField,
    ShownMessage, ShownModal, ShownSelect,
};
pub use rate::RateMode;
pub use requests::RecordedRequest;
pub use stand_in::DiscordStandIn;
pub use start::StandInOptions;

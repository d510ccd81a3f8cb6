//! The one place that knows a library for Discord: serenity.
mod error;
mod gateway;
mod rest;

use refractory_core::Secret;
use serenity::http::{Http, HttpBuilder};

pub use self::gateway::run as run_gateway;
pub use self::rest::{Application, Rest};

/// How Discord is reached.
#[derive(Debug, Clone)]
pub struct DiscordAccess {
    /// The bot's token.
    pub token: Secret,
    /// Where its API is, as `http://127.0.0.1:3000`; none for Discord itself. A stand-in, or a proxy that limits rates.
    pub api: Option<String>,
}

impl DiscordAccess {
    /// The library takes another address only where it does not limit rates, and would silently call Discord itself otherwise: so the
    /// one follows from the other here, and no configuration can say both.
    fn http(&self) -> Http {
        let builder = HttpBuilder::new(self.token.expose());
        match &self.api {
            Some(api) => {
                builder.proxy(api.trim_end_matches('/')).ratelimiter_disabled(true).build()
            }
            None => builder.build(),
        }
    }
}

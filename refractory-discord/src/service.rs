//! Running the bot beside everything else.
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use refractory_core::{ErrorKind, Refractory, Result};

use crate::adapter::{DiscordAccess, Rest, run_gateway};
use crate::api::DiscordApi as _;
use crate::bot::SignInUrl;
use crate::interaction::Snowflake;
use crate::{Bot, Courier, DiscordConfig};

/// How long it is waited at first before Discord is tried again, and at most.
const WAITS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// Runs the bot until `stop` resolves; returns at once where no token is set. Discord that can't be reached is tried again, so that nothing else of the process depends
/// on it.
///
/// # Errors
///
/// `Forbidden` where Discord does not let the bot in: trying again would not help.
pub async fn run(
    refractory: &Refractory,
    config: &DiscordConfig,
    sign_in_url: Option<SignInUrl>,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let Some(access) = config.access() else { return Ok(()) };
    let bot = Arc::new(Bot::new(refractory.clone(), sign_in_url));
    let servers = config.servers();
    let stop = stop.shared();
    let stays_connected = async {
        let mut wait = WAITS.0;
        loop {
            let Err(error) = connect(&access, &bot, &servers, stop.clone()).await else {
                return Ok(());
            };
            if error.kind() == ErrorKind::Forbidden {
                return Err(error);
            }
            tracing::warn!(?error, ?wait, "Discord can't be reached; trying again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.clone() => return Ok(()),
            }
            wait = (wait * 2).min(WAITS.1);
        }
    };
    tokio::select! {
        ended = stays_connected => ended,
        () = bot.follow_tables() => Ok(()),
        // Interactions in hand are finished by the connection, which hears of the end itself.
        () = async { stop.clone().await; tokio::time::sleep(WAITS.0 * 3).await } => Ok(()),
    }
}

/// One connection, for as long as it lasts.
async fn connect(
    access: &DiscordAccess,
    bot: &Arc<Bot>,
    servers: &[Snowflake],
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let rest = Rest::new(access);
    let application = rest.application().await?;
    let invite = application.invite_url();
    tracing::info!(
        name = application.name,
        invite,
        "signed in to Discord; the link adds the bot to a server"
    );
    rest.register(&bot.commands(&[]), servers).await?;
    let courier = Courier::new(Arc::clone(bot), Arc::new(rest));
    run_gateway(access, &courier, stop).await
}

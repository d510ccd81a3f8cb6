//! Interactions from Discord's gateway.
use std::time::Duration;

use async_trait::async_trait;
use refractory_core::Result;
use serde_json::Value;
use serenity::all::{Client, Context, Event, GatewayIntents, RawEventHandler};
use serenity::client::ClientBuilder;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::error::of_gateway;
use super::{DiscordAccess, Rest};
use crate::Courier;
use crate::interaction::Interaction;

/// What the bot hears of: the servers it is in, and what changes in their channels. None of it is privileged.
const INTENTS: GatewayIntents = GatewayIntents::GUILDS;
/// How many interactions may wait for the process to take them.
const WAITING: usize = 256;
/// How long interactions in hand may take once the bot is to end.
const GRACE: Duration = Duration::from_secs(10);

/// Takes interactions from the gateway and has `courier` deliver them, until `stop` resolves. The connection is resumed and made anew as
/// often as it is lost.
///
/// # Errors
///
/// `Forbidden` where Discord does not let the bot in; `Unavailable` where the gateway can't be found.
pub async fn run(
    access: &DiscordAccess,
    courier: &Courier,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let url = Rest::new(access).gateway().await?;
    let (sender, mut received) = mpsc::channel(WAITING);
    let builder = ClientBuilder::new_with_http(access.http(), INTENTS);
    let client = builder.raw_event_handler(Receiver { sender }).await;
    let mut client: Client = client.map_err(|error| of_gateway(&error))?;
    // The library would go to Discord's own gateway where it did not find this one.
    *client.ws_url.lock().await = url;
    let shards = std::sync::Arc::clone(&client.shard_manager);
    let mut jobs = JoinSet::new();
    let (ended, hears) = (client.start(), async {
        loop {
            tokio::select! {
                Some(interaction) = received.recv() => {
                    let courier = courier.clone();
                    jobs.spawn(async move { courier.deliver(&interaction).await });
                }
                Some(done) = jobs.join_next(), if !jobs.is_empty() => {
                    if let Err(error) = done {
                        tracing::error!(%error, "an interaction was not finished");
                    }
                }
                else => return,
            }
        }
    });
    let outcome = tokio::select! {
        ended = ended => ended.map_err(|error| of_gateway(&error)),
        () = hears => Ok(()),
        () = stop => {
            shards.shutdown_all().await;
            Ok(())
        }
    };
    let _late =
        tokio::time::timeout(GRACE, async { while jobs.join_next().await.is_some() {} }).await;
    outcome
}

/// Passes interactions on.
struct Receiver {
    sender: mpsc::Sender<Interaction>,
}

#[async_trait]
impl RawEventHandler for Receiver {
    async fn raw_event(&self, _: Context, event: Event) {
        let Some(body) = interaction_in(event) else { return };
        let Some(interaction) = Interaction::from_json(&body) else {
            tracing::warn!("an interaction could not be read");
            return;
        };
        if self.sender.send(interaction).await.is_err() {
            tracing::debug!("an interaction came after the end");
        }
    }
}

/// The interaction that an event brings, as Discord sent it.
#[expect(clippy::wildcard_enum_match_arm, reason = "there are seventy other events")]
fn interaction_in(event: Event) -> Option<Value> {
    match event {
        Event::InteractionCreate(event) => as_sent(&event.interaction),
        // What the library could not read may be read here all the same; it says so only to those who debug it.
        Event::Unknown(event) if event.kind == "INTERACTION_CREATE" => Some(event.value),
        Event::Unknown(event) if is_awaited(&event.kind) => {
            tracing::warn!(kind = event.kind, "an event of Discord could not be read");
            None
        }
        Event::Ready(event) => {
            let (name, servers) = (&event.ready.user.name, event.ready.guilds.len());
            tracing::info!(name, servers, "connected to Discord");
            None
        }
        Event::Resumed(_) => {
            tracing::debug!("resumed the connection to Discord");
            None
        }
        _ => None,
    }
}

/// What the library read, as it came. The library leaves out what kind of interaction it is.
fn as_sent(interaction: &serenity::all::Interaction) -> Option<Value> {
    let mut body = serde_json::to_value(interaction).ok()?;
    body["type"] = u8::from(interaction.kind()).into();
    Some(body)
}

/// Whether events of this kind are asked for with the intents.
fn is_awaited(kind: &str) -> bool {
    ["GUILD_", "CHANNEL_", "THREAD_"].iter().any(|prefix| kind.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both transports lead to the same values: what the library read and writes again is read as what Discord sent.
    #[test]
    fn what_the_library_reads_is_read_as_it_was_sent() {
        for sent in include_str!("interactions.jsonl").lines() {
            let sent: Value = serde_json::from_str(sent).unwrap();
            let read: serenity::all::Interaction = serde_json::from_value(sent.clone()).unwrap();
            let again = as_sent(&read).unwrap();
            let (direct, through) = (Interaction::from_json(&sent), Interaction::from_json(&again));
            assert!(direct.is_some(), "{sent}");
            assert_eq!(direct, through, "{again}");
        }
    }
}

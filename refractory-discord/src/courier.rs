//! Bringing answers to Discord: in time, not too often, and to the channel once an interaction can't be answered any more.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use refractory_core::model::{Instance, InstanceState};
use refractory_core::{ErrorKind, InstanceId, Result};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::api::{DiscordApi, Immediate, MessageLocation};
use crate::bot::{Answer, Bot, Job, Place, ReplyTo, Work};
use crate::interaction::Interaction;
use crate::message::{Color, Message};
use crate::view;

/// How often a message is edited at most. Discord allows five edits in five seconds in a channel, which others share.
const EDITS: Duration = Duration::from_secs(2);
/// How long a table is followed in one message. One that waits for a license may wait longer; its state is asked for again then.
const FOLLOWED: Duration = Duration::from_hours(2);

/// Receives interactions, acknowledges them and delivers what they come to.
#[derive(Debug, Clone)]
pub struct Courier {
    bot: Arc<Bot>,
    api: Arc<dyn DiscordApi>,
    /// Which message of a user follows a table: the last one.
    followers: Arc<Mutex<HashMap<(u64, InstanceId), u64>>>,
}

/// Where the answers of one job went.
struct Delivery<'a> {
    api: &'a dyn DiscordApi,
    reply: &'a ReplyTo,
    /// The message that took over after the interaction could not be answered any more.
    late: Option<MessageLocation>,
}

impl Courier {
    /// Brings the answers of `bot` to Discord.
    pub fn new(bot: Arc<Bot>, api: Arc<dyn DiscordApi>) -> Self {
        Self { bot, api, followers: Arc::default() }
    }

    /// The bot.
    pub fn bot(&self) -> &Arc<Bot> {
        &self.bot
    }

    /// Discord.
    pub fn api(&self) -> &Arc<dyn DiscordApi> {
        &self.api
    }

    /// Acknowledges an interaction and does what it asks for; returns when all of it is delivered. To be run beside others.
    ///
    /// The acknowledgement decides who does the work: of two deliveries, or of two processes, one has it accepted.
    pub async fn deliver(&self, interaction: &Interaction) {
        let handled = self.bot.receive(interaction);
        let acknowledged = self.acknowledge(interaction, &handled.response).await;
        if let Some(work) = handled.work.filter(|_| acknowledged) {
            self.work(work).await;
        }
    }

    /// Whether Discord took the acknowledgement as the first one.
    async fn acknowledge(&self, interaction: &Interaction, response: &Immediate) -> bool {
        let (id, token) = (interaction.id, &interaction.token);
        let mut outcome = self.api.respond(id, token, response).await;
        let was_unclear =
            outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unavailable);
        if was_unclear {
            outcome = self.api.respond(id, token, response).await;
        }
        match outcome {
            Ok(()) => true,
            // The first call arrived after all, though its answer did not.
            Err(error) if error.kind() == ErrorKind::Conflict => was_unclear,
            Err(error) => {
                tracing::warn!(?error, %id, "an interaction could not be acknowledged");
                false
            }
        }
    }

    /// Does what remains of an interaction that was acknowledged.
    pub async fn work(&self, work: Work) {
        match work {
            Work::Identify(caller) => {
                let known = async {
                    match self.bot.identify(&caller).await? {
                        Some(who) => self.bot.warm(&who).await,
                        None => Ok(()),
                    }
                };
                if let Err(error) = known.await {
                    tracing::warn!(?error, "a caller could not be looked up");
                }
            }
            Work::Job(job) => self.run(*job).await,
        }
    }

    async fn run(&self, job: Job) {
        let answer = self.bot.perform(&job).await;
        let reply = job.reply.clone();
        // From here on the same may be asked for again.
        drop(job);
        let mut delivery = Delivery { api: self.api.as_ref(), reply: &reply, late: None };
        let Answer { message, replaces, follows } = answer;
        if !delivery.first(&message, replaces).await {
            return;
        }
        if let Some(table) = follows.filter(|table| replaces && is_busy(table)) {
            self.follow(&mut delivery, *table).await;
        }
    }

    /// Shows how a table goes on until it is where it was asked to go.
    async fn follow(&self, delivery: &mut Delivery<'_>, table: Instance) {
        let caller = &delivery.reply.caller;
        let key = (caller.id, table.id.clone());
        let turn = self.begin(&key);
        let until = Instant::now() + FOLLOWED;
        let title = table.title().to_owned();
        let mut shown = delivery_of(&self.bot, caller, &table).await;
        let Ok(Some(who)) = self.bot.identify(caller).await else { return };
        let mut watch = self.bot.refractory().watch_instance(&who, &table.id);
        loop {
            let pace = Instant::now() + EDITS;
            let Ok(next) = timeout_at(until, watch.next()).await else { break };
            let (message, goes_on) = match next {
                Ok(Some(now)) => (delivery_of(&self.bot, caller, &now).await, is_busy(&now)),
                Ok(None) => (Some(view::deleted(&title)), false),
                Err(error) => {
                    tracing::warn!(?error, "a table could not be followed");
                    sleep_until(pace).await;
                    continue;
                }
            };
            if !self.is_last(&key, turn) {
                return;
            }
            let Some(message) = message else { break };
            if shown.as_ref() != Some(&message) && !delivery.again(&message).await {
                break;
            }
            shown = Some(message);
            if !goes_on {
                break;
            }
            // What is written meanwhile is shown at once by the next look: the last state is never left out.
            sleep_until(pace).await;
        }
        self.end(&key, turn);
    }

    fn begin(&self, key: &(u64, InstanceId)) -> u64 {
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = followers.entry(key.clone()).or_default();
        *turn += 1;
        *turn
    }

    fn is_last(&self, key: &(u64, InstanceId), turn: u64) -> bool {
        let followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        followers.get(key) == Some(&turn)
    }

    fn end(&self, key: &(u64, InstanceId), turn: u64) {
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        if followers.get(key) == Some(&turn) {
            followers.remove(key);
        }
    }
}

/// The view of a table for a caller with the rights that they have now; none where they have none any more.
async fn delivery_of(
    bot: &Bot,
    caller: &crate::interaction::Caller,
    table: &Instance,
) -> Option<Message> {
    let who = bot.identify(caller).await.ok().flatten()?;
    refractory_core::can(&who, refractory_core::Verb::SeeInstance, table)
        .then(|| bot.show(&who, table))
}

/// Whether a table moves without anyone asking.
fn is_busy(table: &Instance) -> bool {
    match table.state() {
        InstanceState::Starting | InstanceState::Stopping | InstanceState::Deleting => true,
        InstanceState::Off | InstanceState::On | InstanceState::Attention => false,
    }
}

impl Delivery<'_> {
    /// Shows the first answer; whether that worked.
    async fn first(&mut self, message: &Message, replaces: bool) -> bool {
        let in_place = match self.reply.place {
            Place::Answer => true,
            Place::Private => replaces,
            Place::Shared => false,
        };
        let shown = if !self.reply.is_open() {
            self.send_late(message).await
        } else if in_place {
            self.api.edit_answer(&self.reply.token, message).await
        } else {
            self.api.add_answer(&self.reply.token, message).await
        };
        noted(shown)
    }

    /// Replaces what was shown; whether that worked.
    async fn again(&mut self, message: &Message) -> bool {
        // A message that others see too is kept up to date for all of them, and not by the one who pressed a button.
        if self.reply.place == Place::Shared {
            return false;
        }
        let shown = match self.late {
            Some(late) => self.api.edit(late, message).await,
            None if self.reply.is_open() => self.api.edit_answer(&self.reply.token, message).await,
            None => self.send_late(message).await,
        };
        noted(shown)
    }

    /// Sends what comes after the time for answers. It was for the user alone, so it goes to them; where they take no direct
    /// messages, the channel says that there is an answer and not what it is.
    async fn send_late(&mut self, message: &Message) -> Result<()> {
        let direct = async {
            let channel = self.api.direct_channel(self.reply.caller.id).await?;
            self.api.send(channel, message).await
        };
        match (direct.await, self.reply.channel) {
            (Ok(posted), _) => {
                self.late = Some(posted);
                Ok(())
            }
            (Err(error), Some(channel)) if error.kind() == ErrorKind::Forbidden => {
                self.api.send(channel, &late_note(&self.reply.caller.name)).await.map(drop)?;
                Err(error)
            }
            (Err(error), _) => Err(error),
        }
    }
}

fn late_note(name: &str) -> Message {
    let text = format!(
        "{}, what you asked for took longer than Discord waits. Use `/foundry status` to see how it went.",
        crate::text::line(name)
    );
    Message::note(Color::Neutral, "A late answer", text)
}

/// Whether something was shown. A message that is gone is no error: users dismiss them.
fn noted(shown: Result<()>) -> bool {
    let Err(error) = shown else { return true };
    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden) {
        tracing::debug!(?error, "an answer has no place any more");
    } else {
        tracing::warn!(?error, "an answer could not be delivered");
    }
    false
}

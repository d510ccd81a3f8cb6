//! What an app did with an interaction.
#![expect(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test whose app does not answer as it has to has failed"
)]
use std::fmt;
use std::time::Duration;

use super::shown::{Choice, ShownMessage, ShownModal, modal_of, shown_message};
use crate::discord::interactions::Interaction;
use crate::discord::model::Id;
use crate::discord::stand_in::DiscordStandIn;
use crate::discord::world::World;

/// The app did not answer in time: the person is shown "The application did not respond".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the application did not respond")
    }
}

impl std::error::Error for NoAnswer {}

/// What becomes of an interaction.
#[derive(Debug, Clone)]
pub struct Reaction {
    discord: DiscordStandIn,
    id: Id,
}

impl Reaction {
    pub(super) fn new(discord: &DiscordStandIn, id: Id) -> Self {
        Self { discord: discord.clone(), id }
    }

    /// The id of the interaction.
    pub fn id(&self) -> Id {
        self.id
    }

    fn with<T>(&self, read: impl FnOnce(&World, &Interaction) -> T) -> Option<T> {
        let world = self.discord.shared.read();
        world.interactions.get(&self.id).map(|it| read(&world, it))
    }

    /// Waits until the app has acknowledged, and says how: 4 a message, 5 a deferral, 6 and 7 for components, 8 choices, 9 a modal.
    pub async fn acknowledged(&self) -> Result<u64, NoAnswer> {
        let found = |it: &DiscordStandIn| {
            let world = it.shared.read();
            let interaction = world.interactions.get(&self.id)?;
            match &interaction.answer {
                Some(answer) => Some(Ok(answer.kind)),
                None => interaction.is_failed(world.now()).then_some(Err(NoAnswer)),
            }
        };
        self.discord.wait("acknowledgment of an interaction", found).await
    }

    /// How long the app took to acknowledge, once it has.
    pub fn acknowledged_after(&self) -> Option<Duration> {
        let took = |_: &World, it: &Interaction| {
            it.answer.as_ref().map(|answer| answer.at.saturating_sub(it.created))
        };
        self.with(took).flatten().map(Duration::from_millis)
    }

    fn original(&self) -> Option<ShownMessage> {
        let found = |world: &World, it: &Interaction| {
            let id = it.answer.as_ref()?.original?;
            let message = world.messages.get(&it.channel)?.get(&id)?;
            Some(shown_message(message))
        };
        self.with(found).flatten()
    }

    async fn acknowledged_as(&self, what: &str, kinds: &[u64]) {
        match self.acknowledged().await {
            Ok(kind) if kinds.contains(&kind) => {}
            Ok(kind) => panic!("{what} was awaited, and the app answered with kind {kind}"),
            Err(why) => panic!("{what} was awaited: {why}"),
        }
    }

    /// Waits for the message that answers it: the sent one, or the edited one after a deferral.
    pub async fn message(&self) -> ShownMessage {
        self.acknowledged_as("a message", &[4, 5, 6, 7]).await;
        let ready = |message: &ShownMessage| !message.is_loading;
        self.discord.wait("answer to an interaction", |_| self.original().filter(ready)).await
    }

    /// Waits for the answer to be as `found` wants it: it may be edited many times.
    pub async fn message_with(
        &self,
        what: &str,
        found: impl Fn(&ShownMessage) -> bool + Send + Sync,
    ) -> ShownMessage {
        self.acknowledged_as(what, &[4, 5, 6, 7]).await;
        self.discord.wait(what, |_| self.original().filter(|message| found(message))).await
    }

    /// Waits for the modal that is opened.
    pub async fn modal(&self) -> ShownModal {
        self.acknowledged_as("a modal", &[9]).await;
        self.shown_modal().unwrap_or_else(|| panic!("a modal has data"))
    }

    /// The modal, where one was opened.
    pub(crate) fn shown_modal(&self) -> Option<ShownModal> {
        let found = |_: &World, it: &Interaction| {
            let answer = it.answer.as_ref().filter(|answer| answer.kind == 9)?;
            Some(modal_of(it.id, &answer.data))
        };
        self.with(found).flatten()
    }

    /// Waits for the choices of an autocompletion.
    pub async fn choices(&self) -> Vec<Choice> {
        self.acknowledged_as("choices", &[8]).await;
        let found = |_: &World, it: &Interaction| {
            let choices = it.answer.as_ref().and_then(|answer| answer.data["choices"].as_array());
            let choices = choices.into_iter().flatten().map(|choice| {
                let text = |it: &serde_json::Value| {
                    it.as_str().map_or_else(|| it.to_string(), ToOwned::to_owned)
                };
                Choice { name: text(&choice["name"]), value: text(&choice["value"]) }
            });
            choices.collect()
        };
        self.with(found).unwrap_or_default()
    }

    /// The messages that followed the answer, oldest first.
    pub fn follow_ups(&self) -> Vec<ShownMessage> {
        let found = |world: &World, it: &Interaction| {
            let original = it.answer.as_ref().and_then(|answer| answer.original);
            let all = world.messages.get(&it.channel).into_iter().flatten().map(|(_, it)| it);
            let own = all.filter(|message| {
                message.interaction == Some(self.id) && Some(message.id) != original
            });
            own.map(shown_message).collect()
        };
        self.with(found).unwrap_or_default()
    }

    /// Waits for a message that follows the answer.
    pub async fn follow_up(
        &self,
        what: &str,
        found: impl Fn(&ShownMessage) -> bool + Send + Sync,
    ) -> ShownMessage {
        self.discord
            .wait(what, |_| self.follow_ups().into_iter().find(|message| found(message)))
            .await
    }
}

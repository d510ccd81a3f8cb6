//! From an interaction to what is shown: first what is answered at once, then the work.
//!
//! [`Bot::receive`] waits for nothing, so that an interaction is acknowledged in time whatever the store does. What it cannot answer
//! from memory it defers, and returns as a [`Job`]; [`Bot::perform`] does it.
mod accounts;
mod administration;
mod complete;
mod perform;
mod tables;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use refractory_core::model::{Identity, Instance, Principal, Via};
use refractory_core::{Addressing, Error, MintedToken, Refractory, Result};
use tokio::time::Instant;

use crate::action::Action;
use crate::api::Immediate;
use crate::command::{Command, CommandTexts, Reading, definitions};
use crate::directory::Directory;
use crate::interaction::{Caller, Interaction, InteractionToken, Snowflake};
use crate::message::{Color, Input, Message, Modal};
use crate::recent::{Pressed, Recent};
use crate::view;

/// How the link is made that signs a user in to the portal.
pub type SignInUrl = fn(&Addressing, &MintedToken) -> String;

/// The bot. It holds a handle and no port, and knows no library for Discord.
#[derive(Debug)]
pub struct Bot {
    refractory: Refractory,
    directory: Directory,
    recent: Recent,
    sign_in_url: Option<SignInUrl>,
}

/// What becomes of an interaction.
#[derive(Debug)]
pub struct Handled {
    /// What it is answered with at once.
    pub response: Immediate,
    /// What is done after that.
    pub work: Option<Work>,
}

/// What is done after an interaction was acknowledged.
#[derive(Debug)]
pub enum Work {
    /// A command.
    Job(Box<Job>),
    /// Looking up who a caller is, so that the next text they type is completed.
    Identify(Caller),
}

/// A command that was acknowledged.
#[derive(Debug)]
pub struct Job {
    /// What is asked for.
    pub command: Command,
    /// Where the answer goes.
    pub reply: ReplyTo,
    /// Keeps the same from being begun again meanwhile.
    _pressed: Pressed,
}

/// Where an answer goes.
#[derive(Debug, Clone)]
pub struct ReplyTo {
    /// Who asked.
    pub caller: Caller,
    /// In which channel.
    pub channel: Option<Snowflake>,
    /// What allows it to be answered.
    pub token: InteractionToken,
    /// When the interaction came.
    pub received: Instant,
    /// What the answer takes the place of.
    pub place: Place,
}

/// What an answer takes the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Of the note that an answer follows.
    Answer,
    /// Of a message that only the user sees.
    Private,
    /// Of nothing: the message is there for others too.
    Shared,
}

impl ReplyTo {
    /// For how long an interaction can be answered; a little less than Discord allows.
    const OPEN: Duration = Duration::from_secs(14 * 60 + 30);

    /// Whether Discord still takes answers.
    pub fn is_open(&self) -> bool {
        self.received.elapsed() < Self::OPEN
    }
}

/// What a command came to.
#[derive(Debug)]
pub struct Answer {
    /// What is shown.
    pub message: Message,
    /// Whether it may take the place of the message that was pressed.
    pub replaces: bool,
    /// The table that is followed until it is where it was asked to go.
    pub follows: Option<Box<Instance>>,
}

impl Answer {
    fn view(message: Message) -> Self {
        Self { message, replaces: true, follows: None }
    }

    fn beside(message: Message) -> Self {
        Self { message, replaces: false, follows: None }
    }
}

impl Bot {
    /// A bot that acts on a deployment. Where `sign_in_url` is none, nothing leads to the portal.
    pub fn new(refractory: Refractory, sign_in_url: Option<SignInUrl>) -> Self {
        Self { refractory, directory: Directory::default(), recent: Recent::default(), sign_in_url }
    }

    /// The commands to register, with translations.
    pub fn commands(&self, translations: &[&dyn CommandTexts]) -> serde_json::Value {
        definitions(self.sign_in_url.is_some(), translations)
    }

    /// The deployment.
    pub fn refractory(&self) -> &Refractory {
        &self.refractory
    }

    /// Answers an interaction without waiting for anything.
    pub fn receive(&self, interaction: &Interaction) -> Handled {
        let caller = &interaction.caller;
        match Reading::of(&interaction.kind) {
            Reading::Ping => Handled { response: Immediate::Pong, work: None },
            Reading::Typing(typing) => self.complete(caller, &typing),
            Reading::Form(action) => {
                Handled { response: Immediate::Modal(self.form(caller, action)), work: None }
            }
            Reading::Unknown => Handled { response: Immediate::Show(view::unknown()), work: None },
            Reading::Command(command) => self.defer(interaction, command, Place::Answer),
            Reading::Pressed(command, ephemeral) => {
                let place = match ephemeral {
                    None => Place::Answer,
                    Some(true) => Place::Private,
                    Some(false) => Place::Shared,
                };
                self.defer(interaction, command, place)
            }
        }
    }

    /// Acknowledges a command, and returns it as a job the first time.
    fn defer(&self, interaction: &Interaction, command: Command, place: Place) -> Handled {
        let response = match place {
            Place::Answer => Immediate::Later,
            Place::Private | Place::Shared => Immediate::LaterHere,
        };
        if !self.recent.is_first(interaction.id) {
            return Handled { response, work: None };
        }
        let Some(pressed) = self.recent.press(key(interaction), place != Place::Answer) else {
            let again = match place {
                Place::Answer => Immediate::Show(twice()),
                Place::Private | Place::Shared => response,
            };
            return Handled { response: again, work: None };
        };
        let reply = ReplyTo {
            caller: interaction.caller.clone(),
            channel: interaction.channel,
            token: interaction.token.clone(),
            received: Instant::now(),
            place,
        };
        let job = Job { command, reply, _pressed: pressed };
        Handled { response, work: Some(Work::Job(Box::new(job))) }
    }

    fn form(&self, caller: &Caller, action: Action) -> Modal {
        let Action::Delete(id) = &action else {
            let input = Input {
                label: "Your sign-in link".to_owned(),
                placeholder: "The link that an administrator made for you".to_owned(),
                longest: 500,
            };
            return Modal { does: action, title: "Link your account".to_owned(), input };
        };
        let who = self.directory.caller(caller.id).and_then(|caller| caller.who);
        let name = who.and_then(|who| self.directory.slug_of(&who, id));
        let label = "Type its name to delete it with its data".to_owned();
        let input = Input { label, placeholder: name.unwrap_or_default(), longest: 63 };
        Modal { does: action, title: "Delete this table?".to_owned(), input }
    }

    /// Who a Discord account is, as of now; none where it is linked to no user, or the user is disabled.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn identify(&self, caller: &Caller) -> Result<Option<Principal>> {
        let identity = Identity::discord(&caller.id.to_string())?;
        let who = self.refractory.identify(&identity, Via::Discord).await?;
        self.directory.note_caller(caller.id, who.clone());
        Ok(who)
    }

    /// Keeps what is answered from memory up to date, for ever.
    pub async fn follow_tables(&self) {
        /// How long the store is left alone after an error.
        const AGAIN: Duration = Duration::from_secs(5);
        let mut watch = self.refractory.watch();
        loop {
            match watch.next().await {
                Ok(changes) => self.directory.take(&changes),
                Err(error) => {
                    tracing::warn!(?error, "tables could not be followed; trying again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }
}

/// What is the same of an interaction and its repetition. Only a digest: what was typed may be a secret.
fn key(interaction: &Interaction) -> u64 {
    let mut digest = DefaultHasher::new();
    (interaction.caller.id, &interaction.kind).hash(&mut digest);
    digest.finish()
}

fn twice() -> Message {
    Message::note(Color::Neutral, "Already on it", "You asked for the same a moment ago.")
}

/// What went wrong, for the user alone. What is for administrators to look at is logged under the reference that is shown.
pub(crate) fn failed(error: &Error) -> Message {
    if !view::is_ours(error.kind()) {
        return view::failure(error, None);
    }
    let reference = refractory_core::EventId::fresh();
    tracing::error!(%reference, ?error, "a command failed");
    view::failure(error, Some(reference.as_str()))
}

//! Interactions: what they are, where they go, and how an app answers them.
mod callback;
mod deliver;
mod endpoint;
mod payload;
mod signing;
mod webhook;

use serde_json::Value;

use super::model::Id;

pub(crate) use callback::{acknowledge, answer_callback};
pub(crate) use deliver::deliver;
pub use endpoint::EndpointError;
pub(crate) use endpoint::{Transport, check_endpoint};
pub(crate) use payload::payload;
pub use signing::Signer;
pub(crate) use webhook::answer_webhook;

/// An app has so long to acknowledge an interaction.
pub(crate) const ACKNOWLEDGE_WITHIN: u64 = 3_000;
/// The token of an interaction is good for so long.
pub(crate) const TOKEN_LIFE: u64 = 900_000;

/// The numbers of kinds of interactions.
pub(crate) mod interaction_kind {
    pub(crate) const PING: u64 = 1;
    pub(crate) const COMMAND: u64 = 2;
    pub(crate) const COMPONENT: u64 = 3;
    pub(crate) const AUTOCOMPLETE: u64 = 4;
    pub(crate) const MODAL: u64 = 5;
}

/// What a person did with the app.
#[derive(Debug, Clone)]
pub(crate) struct Interaction {
    pub(crate) id: Id,
    pub(crate) token: String,
    pub(crate) kind: u64,
    pub(crate) guild: Option<Id>,
    pub(crate) channel: Id,
    pub(crate) user: Id,
    pub(crate) data: Value,
    /// The message whose component was used, or that led to the modal.
    pub(crate) source: Option<Id>,
    pub(crate) created: u64,
    pub(crate) answer: Option<Acknowledgment>,
}

/// How an interaction was acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledgment {
    /// The kind of the callback.
    pub(crate) kind: u64,
    pub(crate) at: u64,
    /// The message that `@original` is.
    pub(crate) original: Option<Id>,
    /// The modal or the choices.
    pub(crate) data: Value,
}

impl Interaction {
    /// Whether the app was too late, at `now`.
    pub(crate) fn is_failed(&self, now: u64) -> bool {
        self.answer.is_none() && now > self.created + ACKNOWLEDGE_WITHIN
    }
}

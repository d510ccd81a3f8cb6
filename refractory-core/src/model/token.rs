//! Proofs that somebody was let in: sessions and one-time links.
use super::Scopes;
use crate::{InstanceId, Timestamp, TokenId, UserId};

/// What a token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Purpose {
    /// Making the first account; void once there is one.
    Setup,
    /// Signing this person in, once.
    SignIn(UserId),
    /// A browser that is signed in as this person.
    Session(UserId),
    /// Letting one browser into Foundry's setup, once.
    FoundrySetup(SetupTicket),
    /// Acting as a user, for programs.
    Api(ApiToken),
}

impl Purpose {
    /// The user that it is good for, if it is for one.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Setup => None,
            Self::SignIn(user) | Self::Session(user) => Some(user),
            Self::FoundrySetup(ticket) => ticket.user.as_ref(),
            Self::Api(token) => Some(&token.user),
        }
    }
}

/// Where a ticket to Foundry's setup is good, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SetupTicket {
    /// The instance.
    pub instance: InstanceId,
    /// The host at which it is shown.
    pub host: String,
    /// The count of revocations at which it was made.
    pub generation: u64,
    /// Whose account; none for an operator at the prompt.
    pub user: Option<UserId>,
    /// What they are called.
    pub name: String,
}

/// What a program is that shows a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ApiToken {
    /// Names it. Not the digest that it is found by.
    pub key: String,
    /// Whose rights it has.
    pub user: UserId,
    /// What it is called; unique among its user's.
    pub name: String,
    /// What it is limited to.
    pub scopes: Scopes,
    /// The day of its last use, at its beginning.
    #[cfg_attr(feature = "serde", serde(default))]
    pub used: Option<Timestamp>,
}

impl ApiToken {
    /// One that was never used.
    pub fn new(key: String, user: UserId, name: String, scopes: Scopes) -> Self {
        Self { key, user, name, scopes, used: None }
    }
}

/// A token, kept by the digest of its secret: the store never holds what opens a door.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Token {
    /// The SHA-256 of the secret.
    pub id: TokenId,
    /// What it is good for.
    pub purpose: Purpose,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// The account's count of sign-outs when it was made: [`User::session_epoch`](super::User::session_epoch) of a session,
    /// [`User::link_epoch`](super::User::link_epoch) of a link.
    #[cfg_attr(feature = "serde", serde(default))]
    pub epoch: u64,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl Token {
    /// The end of a token that never ends: the last second of the year 9999.
    pub const NEVER: Timestamp = Timestamp(253_402_300_799_000);
}

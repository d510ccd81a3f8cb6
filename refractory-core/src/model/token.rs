//! Proofs that somebody was let in: sessions and one-time links.
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
}

impl Purpose {
    /// The user that it is good for, if it is for one.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Setup => None,
            Self::SignIn(user) | Self::Session(user) => Some(user),
            Self::FoundrySetup(ticket) => ticket.user.as_ref(),
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

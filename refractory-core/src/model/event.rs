//! What happened, for people who ask later.
use std::net::IpAddr;

use super::{Principal, Via};
use crate::{EventId, InstanceId, Timestamp, UserId};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum EventKind {
    /// Something was made.
    Created,
    /// Something was changed.
    Changed,
    /// A start was asked for.
    Start,
    /// A stop was asked for.
    Stop,
    /// A removal was asked for.
    Delete,
    /// It came up.
    Up,
    /// It went down.
    Down,
    /// It died unasked.
    Lost,
    /// A failure.
    Fault,
    /// A license was granted, returned or asked for.
    License,
    /// Somebody signed in, with a password or by a link.
    SignIn,
    /// Somebody failed to sign in.
    SignInFailed,
    /// Somebody signed out.
    SignOut,
    /// A sign-in link was made.
    SignInLink,
    /// A password was set, or an account was signed out everywhere.
    Password,
    /// An account has another role.
    Role,
    /// A table has another owner.
    Owner,
    /// The sweep found something nobody explains.
    Stray,
}

/// One entry of the audit trail. Written once, never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// Its name.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What kind of thing.
    pub kind: EventKind,
    /// About which instance, if one.
    pub instance: Option<InstanceId>,
    /// Who did it; none for the deployment itself.
    pub by: Option<UserId>,
    /// What they were called then.
    pub name: String,
    /// Through which door.
    pub via: Via,
    /// From which network address, where there is one to name.
    #[cfg_attr(feature = "serde", serde(default))]
    pub address: Option<IpAddr>,
    /// One sentence.
    pub text: String,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl Event {
    /// Something the deployment did by itself.
    pub fn by_system(
        at: Timestamp,
        kind: EventKind,
        instance: Option<&InstanceId>,
        text: String,
    ) -> Self {
        let who = Principal::system();
        Self::by(&who, at, kind, instance, text)
    }

    /// Something `who` did.
    pub fn by(
        who: &Principal,
        at: Timestamp,
        kind: EventKind,
        instance: Option<&InstanceId>,
        text: String,
    ) -> Self {
        Self {
            id: EventId::fresh(),
            at,
            kind,
            instance: instance.cloned(),
            by: who.user.clone(),
            name: who.name.clone(),
            via: who.via,
            address: who.address,
            text,
            revision: 0,
        }
    }
}

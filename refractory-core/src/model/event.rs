//! Events: what happened, to be read later and to be followed.
mod kind;
#[cfg(feature = "serde")]
mod stored;

use std::net::IpAddr;

pub use self::kind::{EventKind, FoundOrphan, GrantedRight, SignInFailure, SignInMethod};
use super::{Instance, Named, Principal, Via};
use crate::{EventId, InstanceId, Timestamp, UserId};

/// One entry of the audit log. Written once, never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id; later events have later ids.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// The instance it happened to, and its title at that time.
    pub instance: Option<Named<InstanceId>>,
    /// Who did it.
    pub actor: Actor,
    /// Through which front end.
    pub via: Via,
    /// From which network address.
    pub address: Option<IpAddr>,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The user; none for the deployment itself and for an operator at the prompt.
    pub user: Option<UserId>,
    /// The name at that time.
    pub name: String,
}

impl Event {
    /// Something that the deployment did.
    pub fn by_system(at: Timestamp, kind: EventKind) -> Self {
        Self::by(&Principal::system(), at, kind)
    }

    /// Something that `who` did.
    pub fn by(who: &Principal, at: Timestamp, kind: EventKind) -> Self {
        Self {
            id: EventId::ordered(at),
            at,
            kind,
            instance: None,
            actor: Actor { user: who.user.clone(), name: who.name.clone() },
            via: who.via,
            address: who.address,
            revision: 0,
        }
    }

    /// The same about `instance`.
    #[must_use]
    pub fn about(mut self, instance: &Instance) -> Self {
        self.instance = Some(instance.named());
        self
    }

    /// Every instance that it is about, each once.
    pub fn instances(&self) -> Vec<&InstanceId> {
        let own = self.instance.as_ref().map(|instance| &instance.id);
        let mut all: Vec<_> = own.into_iter().chain(self.kind.other_instances()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[cfg(feature = "serde")]
#[cfg(test)]
mod tests;

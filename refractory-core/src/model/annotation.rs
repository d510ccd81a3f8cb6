//! Small facts about an instance that processes tell each other through its row.
use std::time::Duration;

use super::{Step, Version, WorldId};
use crate::{InstanceId, Timestamp, UserId, WorkerId};

/// A person's acceptance of the end user license agreement. Never made by a program, only replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Acceptance {
    /// Who accepted.
    pub by: UserId,
    /// What they are called, as it was then.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Which text they accepted, as its date.
    pub version: String,
}

/// Which worker has an instance in hand, and until when nobody else may take it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Claim {
    /// The worker.
    pub worker: WorkerId,
    /// When the claim lapses. Another one of a claim is another claim: who waits for it counts from when they first saw it.
    pub until: Timestamp,
    /// How long it holds; none where an older version wrote it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub lasts: Option<Duration>,
}

impl Claim {
    /// When it was written; so long before it lapses where that is not written down.
    pub fn written(&self, usual: Duration) -> Timestamp {
        self.until.before(self.lasts.unwrap_or(usual))
    }
}

/// One odd reading of a running instance; a second one, later, is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SuspectedFailure {
    /// When it was first read.
    pub since: Timestamp,
    /// What was read.
    pub reason: String,
}

/// A step that is being undone: written before the first call, so that what has begun to go goes all the way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Teardown {
    /// The step.
    pub step: Step,
    /// Since when; a migration that has to be waited out is not counted.
    pub since: Timestamp,
    /// How often it has failed since.
    pub failures: u32,
}

/// What the game said when it was last asked. Written when it changes, for those who only read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Seen {
    /// Users with a live connection.
    pub players: u32,
    /// What runs.
    pub version: Option<Version>,
    /// The world that is open.
    #[cfg_attr(feature = "serde", serde(default))]
    pub world: Option<WorldId>,
    /// Since when it has been like this. An empty table that somebody asks for again counts as empty from then on.
    pub at: Timestamp,
}

/// A running instance asked to make room: nobody new may join while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Preemption {
    /// Who waits for its license.
    pub to: InstanceId,
    /// Since when joins are blocked.
    pub since: Timestamp,
}

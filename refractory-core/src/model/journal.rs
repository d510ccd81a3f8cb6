//! What was done about the desired state, step by step.
use std::collections::BTreeMap;
use std::collections::btree_map::Iter;

use super::{Hostname, WorldId};
use crate::ports::{Endpoint, Progress};
use crate::{LicenseId, Timestamp};

/// One thing an instance needs. The order is the order of provisioning; closed on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Step {
    /// A lease on a license.
    License,
    /// The folder or file system with all of its data.
    Volume,
    /// Where uploads go, if not onto the volume.
    Assets,
    /// The running program.
    Runtime,
    /// The world open in it.
    World,
    /// The public name.
    Name,
}

impl Step {
    /// Every step, in provisioning order.
    pub const ALL: [Self; 6] =
        [Self::License, Self::Volume, Self::Assets, Self::Runtime, Self::World, Self::Name];

    /// Whether an instance that is off keeps it.
    pub fn outlives_off(self) -> bool {
        match self {
            Self::Volume | Self::Assets => true,
            Self::License | Self::Runtime | Self::World | Self::Name => false,
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::License => "license",
            Self::Volume => "volume",
            Self::Assets => "assets",
            Self::Runtime => "runtime",
            Self::World => "world",
            Self::Name => "name",
        }
    }
}

/// How a step in hand is getting on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Attempt {
    /// When the step was begun.
    pub since: Timestamp,
    /// When the provider last told of something new.
    pub moved: Timestamp,
    /// What it told.
    pub progress: Option<Progress>,
    /// The public name it is about, at the step that gives one: known before the first call.
    #[cfg_attr(feature = "serde", serde(default))]
    pub name: Option<Hostname>,
}

impl Attempt {
    /// An attempt that begins now.
    pub fn begun(now: Timestamp) -> Self {
        Self { since: now, moved: now, progress: None, name: None }
    }
}

/// What is held after a step, as far as anybody else needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Held {
    /// This license, under this fence; none where none is needed.
    License(Option<(LicenseId, u64)>),
    /// A volume: the provider's own handle, a hint only.
    Volume(String),
    /// A place for uploads: the provider's own handle, a hint only.
    Assets(String),
    /// A running program that listens here.
    Runtime(Endpoint),
    /// This world is open; none for Foundry's setup.
    World(Option<WorldId>),
    /// This name points here.
    Name(Hostname),
}

/// How far one step has got. A step with no record was never begun, or is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Record {
    /// Written before the first call: it may or may not exist.
    Intended(Attempt),
    /// Seen ready.
    Held(Held),
    /// It died under us: take down to here, then come up again.
    Lost,
}

/// The records of one instance. Four ways to change it, each legal from every record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Journal(BTreeMap<Step, Record>);

impl Journal {
    /// The record of `step`.
    pub fn get(&self, step: Step) -> Option<&Record> {
        self.0.get(&step)
    }

    /// What `step` holds.
    pub fn held(&self, step: Step) -> Option<&Held> {
        match self.0.get(&step) {
            Some(Record::Held(held)) => Some(held),
            Some(Record::Intended(_) | Record::Lost) | None => None,
        }
    }

    /// Every record, in provisioning order.
    pub fn iter(&self) -> Iter<'_, Step, Record> {
        self.0.iter()
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes down that `step` is about to be tried, or was tried again.
    pub fn intend(&mut self, step: Step, attempt: Attempt) {
        self.0.insert(step, Record::Intended(attempt));
    }

    /// Writes down that `step` was seen ready.
    pub fn hold(&mut self, step: Step, held: Held) {
        self.0.insert(step, Record::Held(held));
    }

    /// Writes down that what `step` held has died.
    pub fn lose(&mut self, step: Step) {
        self.0.insert(step, Record::Lost);
    }

    /// Writes down that nothing is left of `step`.
    pub fn clear(&mut self, step: Step) {
        self.0.remove(&step);
    }
}

impl<'a> IntoIterator for &'a Journal {
    type Item = (&'a Step, &'a Record);
    type IntoIter = Iter<'a, Step, Record>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

//! How an instance reads to a person. Computed, never stored.
use super::{Attempt, Held, Instance, Power, Record, Step, WorldId};
use crate::ports::{Endpoint, Progress};

/// Where an instance is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Nothing runs.
    Off,
    /// On its way up, at this step.
    Starting(Step),
    /// Players can join, here.
    On(Endpoint),
    /// On its way down, at this step.
    Stopping(Step),
}

/// How an instance stands, in one word that style sheets and programs know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum InstanceState {
    /// Nothing runs.
    Off,
    /// On its way up.
    Starting,
    /// Players can join.
    On,
    /// On its way down.
    Stopping,
    /// On its way out of the world.
    Deleting,
    /// A user has to do something.
    Attention,
}

impl InstanceState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Off, Self::Starting, Self::On, Self::Stopping, Self::Deleting, Self::Attention];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Starting => "starting",
            Self::On => "on",
            Self::Stopping => "stopping",
            Self::Deleting => "deleting",
            Self::Attention => "attention",
        }
    }
}

/// Whether people need to worry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Nothing is wrong.
    Fine,
    /// Failing, and will be tried again.
    Retrying,
    /// Given up until the desired state changes or is asked for again.
    NeedsAttention,
}

impl Instance {
    /// Where it is on its way.
    pub fn phase(&self) -> Phase {
        match self.effective_power() {
            Power::On => rising(self),
            Power::Off => falling(self, |step| !step.outlives_off()),
            Power::Gone => falling(self, |_| true),
        }
    }

    /// How it stands, in one word.
    pub fn state(&self) -> InstanceState {
        match (self.phase(), self.desired.power) {
            (_, Power::Gone) => InstanceState::Deleting,
            // What a failed start leaves is undone in the background; what matters is that it failed, and why.
            (Phase::Off | Phase::Stopping(_), Power::On)
                if self.health() == Health::NeedsAttention =>
            {
                InstanceState::Attention
            }
            (Phase::Off, _) if self.health() == Health::NeedsAttention => InstanceState::Attention,
            (Phase::Off, _) => InstanceState::Off,
            (Phase::Starting(_), _) => InstanceState::Starting,
            (Phase::On(_), _) => InstanceState::On,
            (Phase::Stopping(_), _) => InstanceState::Stopping,
        }
    }

    /// Whether people need to worry.
    pub fn health(&self) -> Health {
        match self.live_fault() {
            Some(fault) if fault.terminal => Health::NeedsAttention,
            Some(_) => Health::Retrying,
            None => Health::Fine,
        }
    }

    /// Whether Foundry is up in its setup, with no world open: nobody can play yet.
    pub fn is_in_setup(&self) -> bool {
        let is_on = matches!(self.phase(), Phase::On(_));
        // A program without a version is not Foundry, and has no setup.
        let may_be = self.seen.as_ref().is_none_or(|seen| seen.version.is_some());
        is_on && may_be && self.open_world().is_none()
    }

    /// The world that is open: the one it opens at every start, or one that was opened in Foundry's setup.
    pub fn open_world(&self) -> Option<&WorldId> {
        let chosen = match self.journal.held(Step::World) {
            Some(Held::World(world)) => world.as_ref(),
            _ => None,
        };
        chosen.or_else(|| self.seen.as_ref()?.world.as_ref())
    }

    /// The last progress of the step in hand, or why it is held.
    pub fn progress(&self) -> Option<&Progress> {
        self.journal
            .iter()
            .find_map(|(_, record)| match record {
                Record::Intended(Attempt { progress, .. }) => progress.as_ref(),
                Record::Held(_) | Record::Lost => None,
            })
            .or_else(|| self.hold.as_ref().map(|hold| &hold.told))
    }
}

fn rising(instance: &Instance) -> Phase {
    if instance.hold.is_some() {
        let last = instance.journal.iter().rev().map(|(step, _)| *step);
        let last = last.take_while(|step| *step >= Step::Runtime).next();
        return last.map_or(Phase::Starting(Step::Runtime), Phase::Stopping);
    }
    if instance.is_half_gone() || instance.is_replacing_launch() {
        return Phase::Starting(Step::Runtime);
    }
    let missing = Step::ALL.into_iter().find(|step| instance.journal.held(*step).is_none());
    match (missing, instance.endpoint()) {
        (None, Some(endpoint)) => Phase::On(endpoint.clone()),
        (Some(step), _) => Phase::Starting(step),
        (None, None) => Phase::Starting(Step::Runtime),
    }
}

fn falling(instance: &Instance, must_go: impl Fn(Step) -> bool) -> Phase {
    let last = instance.journal.iter().rev().map(|(step, _)| *step).find(|step| must_go(*step));
    last.map_or(Phase::Off, Phase::Stopping)
}

//! A table as people and programs are shown it.
use std::time::Duration;

use refractory_core::model::{Health, Instance, Phase, Power, Principal, Step};
use refractory_core::{Refractory, Relation, Verb, allows};
use serde::Serialize;

use crate::words::{self, Moment};

/// How a table stands, in one word that style sheets and programs know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Nothing runs.
    Off,
    /// On its way up.
    Starting,
    /// People can join.
    On,
    /// On its way down.
    Stopping,
    /// On its way out of the world.
    Deleting,
    /// Somebody has to do something.
    Attention,
}

impl State {
    /// Every state.
    pub(crate) const ALL: [Self; 6] =
        [Self::Off, Self::Starting, Self::On, Self::Stopping, Self::Deleting, Self::Attention];

    /// How `table` stands.
    pub(crate) fn of(table: &Instance) -> Self {
        match (table.phase(), table.wish.power) {
            (_, Power::Gone) => Self::Deleting,
            (Phase::Off, _) if table.health() == Health::NeedsAttention => Self::Attention,
            (Phase::Off, _) => Self::Off,
            (Phase::Starting(_), _) => Self::Starting,
            (Phase::On(_), _) => Self::On,
            (Phase::Stopping(_), _) => Self::Stopping,
        }
    }

    /// The word itself.
    pub(crate) fn name(self) -> &'static str {
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

/// The last failure, as a person reads it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trouble {
    pub(crate) sentence: String,
    pub(crate) terminal: bool,
    pub(crate) attempts: u32,
    pub(crate) retry_at: Moment,
}

/// One step on the way up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Rung {
    pub(crate) name: &'static str,
    /// `done`, `doing` or `todo`.
    pub(crate) state: &'static str,
}

/// What the person looking may do.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "what somebody may do is a list of yes and no")]
pub(crate) struct Can {
    pub(crate) start: bool,
    pub(crate) stop: bool,
    pub(crate) change: bool,
    pub(crate) delete: bool,
    pub(crate) logs: bool,
    /// Whether they see more than title, address and state.
    pub(crate) inspect: bool,
    pub(crate) transfer: bool,
}

impl Can {
    fn of(who: &Principal, table: &Instance) -> Self {
        let relation = Relation::of(who, table.owner.as_ref());
        let may = |verb| allows(who.role, verb, relation);
        Self {
            start: may(Verb::StartInstance),
            stop: may(Verb::StopInstance),
            change: may(Verb::ChangeInstance),
            delete: may(Verb::DeleteInstance),
            logs: may(Verb::ReadLogs),
            inspect: may(Verb::InspectInstance),
            transfer: may(Verb::TransferInstance),
        }
    }
}

/// A table as people and programs are shown it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TableView {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) url: String,
    /// The same as people say it.
    pub(crate) address: String,
    pub(crate) state: State,
    /// The state in two or three words.
    pub(crate) headline: &'static str,
    /// What is going on in it.
    pub(crate) note: Option<String>,
    pub(crate) percent: Option<u8>,
    pub(crate) uninterruptible: bool,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) players: Option<u32>,
    pub(crate) last_start: Option<String>,
    pub(crate) rungs: Vec<Rung>,
    pub(crate) can: Can,
}

impl TableView {
    /// `table` as `who` is shown it: whole, or its title, its address and its state.
    pub(crate) fn of(refractory: &Refractory, who: &Principal, table: &Instance) -> Self {
        let whole = Self::whole(refractory, who, table);
        if whole.can.inspect { whole } else { whole.without_details() }
    }

    /// Without everything that is for those who run the table: what it waits for, why it fails, who is there.
    fn without_details(self) -> Self {
        Self {
            headline: plain_headline(self.state),
            note: None,
            percent: None,
            uninterruptible: false,
            trouble: None,
            players: None,
            last_start: None,
            rungs: Vec::new(),
            ..self
        }
    }

    fn whole(refractory: &Refractory, who: &Principal, table: &Instance) -> Self {
        let state = State::of(table);
        let progress = table.progress();
        let url = refractory.public_url(table);
        Self {
            id: table.id.to_string(),
            slug: table.slug.to_string(),
            title: table.title().to_owned(),
            address: spoken(&url),
            url,
            state,
            headline: headline(table, state),
            note: note(table, state),
            percent: progress.and_then(|progress| progress.percent),
            uninterruptible: progress.is_some_and(|progress| progress.uninterruptible),
            trouble: trouble(table),
            players: players(table, state),
            last_start: table.last_start.map(|ms| words::length(Duration::from_millis(ms))),
            rungs: rungs(&table.phase()),
            can: Can::of(who, table),
        }
    }

    /// Whether it moves by itself.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.state, State::Starting | State::Stopping | State::Deleting)
    }
}

/// An address without what browsers add by themselves.
fn spoken(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    bare.trim_end_matches('/').to_owned()
}

/// The state in two or three words.
fn headline(table: &Instance, state: State) -> &'static str {
    match (state, table.phase()) {
        (State::Attention, _) => "Needs attention",
        (State::On, _) if table.yielding.is_some() => "Handing over its license",
        (State::On, _) => "Ready to play",
        (State::Off, _) => "Off",
        (State::Starting, Phase::Starting(step)) => going_up(table, step),
        (State::Stopping | State::Deleting, Phase::Stopping(step)) => going_down(step),
        (State::Deleting, _) => "Being deleted",
        (State::Starting, _) => "Starting",
        (State::Stopping, _) => "Stopping",
    }
}

/// The state alone, in words.
fn plain_headline(state: State) -> &'static str {
    match state {
        State::Off => "Off",
        State::Starting => "Starting",
        State::On => "Ready to play",
        State::Stopping => "Stopping",
        State::Deleting => "Being deleted",
        State::Attention => "Needs attention",
    }
}

/// What the step up in hand is, in words.
pub(crate) fn going_up(table: &Instance, step: Step) -> &'static str {
    match step {
        Step::License => "Waiting for a license",
        Step::Volume => "Preparing data",
        Step::Assets => "Preparing uploads",
        Step::Runtime => "Starting Foundry",
        Step::World if table.wish.spec.world.is_some() => "Opening the world",
        Step::World => "Signing in to Foundry",
        Step::Name => "Making it reachable",
    }
}

fn going_down(step: Step) -> &'static str {
    match step {
        Step::Name => "Closing its address",
        Step::World => "Closing the world",
        Step::Runtime => "Stopping Foundry",
        Step::Assets => "Deleting uploads",
        Step::Volume => "Deleting data",
        Step::License => "Releasing the license",
    }
}

fn note(table: &Instance, state: State) -> Option<String> {
    match state {
        State::Starting | State::Stopping | State::Deleting => {
            table.progress().map(|progress| sentence_case(&progress.message))
        }
        State::On => Some(match table.seen.as_ref().map_or(0, |seen| seen.players) {
            0 => "No players yet".to_owned(),
            1 => "1 player connected".to_owned(),
            many => format!("{many} players connected"),
        }),
        State::Off | State::Attention => None,
    }
}

fn sentence_case(fragment: &str) -> String {
    let mut letters = fragment.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn players(table: &Instance, state: State) -> Option<u32> {
    (state == State::On).then(|| table.seen.as_ref().map_or(0, |seen| seen.players))
}

fn trouble(table: &Instance) -> Option<Trouble> {
    table.live_fault().map(|fault| Trouble {
        sentence: fault.message.clone(),
        terminal: fault.terminal,
        attempts: fault.attempts,
        retry_at: fault.retry_at.into(),
    })
}

/// The steps of a start, as a ladder; empty when nothing is on its way up.
pub(crate) fn rungs(phase: &Phase) -> Vec<Rung> {
    let Phase::Starting(current) = phase else { return Vec::new() };
    let ladder = [
        (Step::License, "License"),
        (Step::Volume, "Data"),
        (Step::Runtime, "Foundry"),
        (Step::World, "World"),
        (Step::Name, "Address"),
    ];
    // Uploads are part of the data to people.
    let current = if *current == Step::Assets { Step::Volume } else { *current };
    let state = |step: Step| match step.cmp(&current) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "doing",
        std::cmp::Ordering::Greater => "todo",
    };
    ladder.map(|(step, name)| Rung { name, state: state(step) }).into()
}

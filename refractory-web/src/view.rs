//! A table as people and programs are shown it.
use std::time::Duration;

use refractory_core::model::{
    Fault, Instance, InstanceState as State, Phase, Power, Principal, Right, Step, WorldId,
};
use refractory_core::text::plain;
use refractory_core::words::{English, Words as _};
use refractory_core::{self as core, ErrorKind, Refractory, Rights, Timestamp, Verb, can, may};
use serde::Serialize;

use crate::words::{self, Moment};

/// The last failure, as a person reads it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trouble {
    pub(crate) sentence: String,
    pub(crate) terminal: bool,
    pub(crate) attempts: u32,
    pub(crate) retry_at: Moment,
    /// When the next attempt starts, as `Attempt 2 of 6 starts in 4 seconds.`; none where there is no next one.
    pub(crate) next: Option<NextAttempt>,
    /// The page where it can be mended.
    pub(crate) remedy: Option<Remedy>,
}

/// The attempt after a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NextAttempt {
    /// As `Attempt 2 of 6`.
    pub(crate) name: String,
    /// As `in 4 seconds`.
    pub(crate) wait: String,
    /// The same in seconds.
    pub(crate) seconds: u64,
}

/// A page where something can be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Remedy {
    pub(crate) path: &'static str,
    pub(crate) label: &'static str,
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
    /// Take the license that it waits for from a table where no one is playing.
    pub(crate) take: bool,
    /// Enter Foundry's setup.
    pub(crate) set_up: bool,
}

impl Can {
    pub(crate) fn of(who: &Principal, table: &Instance) -> Self {
        let may = |verb| can(who, verb, table);
        Self {
            start: may(Verb::StartInstance),
            stop: may(Verb::StopInstance),
            change: may(Verb::ChangeInstance),
            delete: may(Verb::DeleteInstance),
            logs: may(Verb::ReadLogs),
            inspect: may(Verb::InspectInstance),
            transfer: may(Verb::TransferInstance),
            take: may(Verb::StartInstance) && takes(who, table),
            set_up: may(Verb::SetUpInstance),
        }
    }
}

/// Whether `who` may stop the table whose license `table` could take, as far as its owner tells. What is granted there is asked
/// when they do it.
fn takes(who: &Principal, table: &Instance) -> bool {
    let offer = table.progress().and_then(|progress| progress.takeover.as_ref());
    table.waits_for_license()
        && offer.is_some_and(|offer| who.is_administrator() || who.is(offer.owner.as_ref()))
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
    /// Whether Foundry is in its setup, with no world open.
    pub(crate) in_setup: bool,
    /// Whether no one can join, because the edge does not tell players apart.
    pub(crate) is_closed: bool,
    /// The worlds it is known to have, for those who may choose among them.
    pub(crate) worlds: Vec<WorldRow>,
    pub(crate) can: Can,
}

/// A world of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct WorldRow {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Whether it is open now.
    pub(crate) open: bool,
    /// Whether it opens at every start.
    pub(crate) chosen: bool,
}

fn worlds(table: &Instance) -> Vec<WorldRow> {
    let open = table.open_world().filter(|_| matches!(table.phase(), Phase::On(_)));
    let row = |id: &WorldId, title: &str| WorldRow {
        id: id.to_string(),
        title: title.to_owned(),
        open: open == Some(id),
        chosen: table.desired.spec.world.as_ref() == Some(id),
    };
    let known = table.worlds.iter().map(|world| row(&world.id, &world.title));
    let chosen = table.desired.spec.world.iter();
    let unheard = chosen.filter(|id| table.worlds.iter().all(|world| world.id != **id));
    known.chain(unheard.map(|id| row(id, id.as_str()))).collect()
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
            headline: if self.in_setup {
                IN_SETUP
            } else if self.is_closed && self.state == State::On {
                CLOSED
            } else {
                English.state(self.state)
            },
            note: self.note.filter(|_| self.in_setup || self.is_closed),
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
        let state = table.state();
        let progress = table.progress();
        let url = refractory.public_url(table);
        let can = Can::of(who, table);
        Self {
            id: table.id.to_string(),
            slug: table.slug.to_string(),
            title: table.title().to_owned(),
            address: spoken(&url),
            url,
            state,
            headline: headline(table, state),
            note: note(table, state, can),
            percent: progress.and_then(|progress| progress.percent),
            uninterruptible: progress.is_some_and(|progress| progress.uninterruptible),
            trouble: trouble(refractory, who, table),
            players: players(table, state),
            last_start: table.last_start.map(|ms| words::length(Duration::from_millis(ms))),
            rungs: rungs(&table.phase()),
            in_setup: table.is_in_setup(),
            is_closed: is_closed(table),
            worlds: if can.set_up { worlds(table) } else { Vec::new() },
            can,
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

/// A table that is on, with no world open.
const IN_SETUP: &str = "In Foundry's setup";
/// A table that is on, and that no one can join.
const CLOSED: &str = "On, closed to players";

/// Whether no one can join `table` at its address: players are not told apart there, so that only who lets anyone play opens it.
pub(crate) fn is_closed(table: &Instance) -> bool {
    !Rights::of_anyone(table).hold(Right::Play)
}

/// The state in two or three words.
fn headline(table: &Instance, state: State) -> &'static str {
    match (state, table.phase()) {
        (State::On, _) if table.preemption.is_some() => "Handing over its license",
        (State::On, _) if table.is_in_setup() => IN_SETUP,
        (State::On, _) if is_closed(table) => CLOSED,
        (State::Starting, Phase::Starting(_)) if table.hold.is_some() => "Waiting for a backup",
        (State::Starting, Phase::Starting(step)) => going_up(table, step),
        (State::Stopping | State::Deleting, Phase::Stopping(step)) => English.going_down(step),
        (state, _) => English.state(state),
    }
}

/// What the step up in hand is, in words.
pub(crate) fn going_up(table: &Instance, step: Step) -> &'static str {
    English.going_up(step, table.desired.spec.world.is_some())
}

fn note(table: &Instance, state: State, can: Can) -> Option<String> {
    match state {
        State::Starting | State::Stopping | State::Deleting => {
            table.progress().map(|progress| sentence_case(&plain(&English.progress(progress))))
        }
        State::On if table.is_in_setup() && can.set_up => Some(
            "No world is open yet. Choose \u{201c}Set up\u{201d} to make one, or to open one, in Foundry's setup."
                .to_owned(),
        ),
        State::On if table.is_in_setup() => {
            Some("No world is open yet. Its game master is setting it up.".to_owned())
        }
        State::On if is_closed(table) && can.change => Some(
            "Players are not told apart at a table's address yet, so no one can join. To open it, let anyone play, in its settings."
                .to_owned(),
        ),
        State::On if is_closed(table) => Some("No one can join it now.".to_owned()),
        State::On => Some(match table.seen.as_ref().map_or(0, |seen| seen.players) {
            0 => "No players yet".to_owned(),
            1 => "1 player connected".to_owned(),
            many => format!("{many} players connected"),
        }),
        State::Off | State::Attention => {
            let hold = table.hold.as_ref();
            hold.map(|hold| sentence_case(&plain(&English.progress(&hold.told))))
        }
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

fn trouble(refractory: &Refractory, who: &Principal, table: &Instance) -> Option<Trouble> {
    let fault = table.live_fault()?;
    let now = refractory.now();
    Some(Trouble {
        sentence: plain(&words::fault(fault)).into_owned(),
        terminal: fault.terminal,
        attempts: fault.attempts,
        retry_at: now.after(fault.retry_in(now)).into(),
        next: next_attempt(table, fault, refractory.worker_options().give_up_after, now),
        remedy: remedy(who, fault),
    })
}

/// The attempt after `fault`. A start is tried a number of times; what is undone is tried until it works.
fn next_attempt(table: &Instance, fault: &Fault, most: u32, now: Timestamp) -> Option<NextAttempt> {
    if fault.terminal {
        return None;
    }
    let number = fault.attempts.saturating_add(1);
    let seconds = fault.retry_in(now).as_millis().div_ceil(1000);
    let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
    let name = if table.desired.power == Power::On {
        format!("Attempt {number} of {}", most.max(number))
    } else {
        format!("Attempt {number}")
    };
    Some(NextAttempt { name, wait: words::wait(seconds), seconds })
}

/// Where what is missing for a start can be added, if `who` may.
fn remedy(who: &Principal, fault: &Fault) -> Option<Remedy> {
    let may = |verb| may(who, verb);
    let helps = fault.cause.as_ref().and_then(|cause| cause.remedy);
    // A world that does not open for want of a license says so as `Forbidden`.
    let license = fault.step == Step::License
        || matches!(helps, Some(core::Remedy::AddLicense | core::Remedy::AcceptAgreement))
        || (fault.step == Step::World && fault.kind == ErrorKind::Forbidden);
    if license && may(Verb::ManageLicenses) {
        return Some(Remedy { path: "/licenses", label: "Open Licenses" });
    }
    let release = fault.step == Step::Runtime
        && (helps == Some(core::Remedy::AddRelease)
            || matches!(fault.kind, ErrorKind::NotFound | ErrorKind::Invalid));
    (release && may(Verb::ManageReleases))
        .then_some(Remedy { path: "/releases", label: "Open Releases" })
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

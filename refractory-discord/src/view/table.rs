//! One table, with the buttons that fit its state and what the user may do.
use std::time::Duration;

use refractory_core::model::{
    Backup, Held, Instance, InstanceState as State, License, LicenseChoice, Phase, Principal,
    Right, Step,
};
use refractory_core::words::{English, Words as _};
use refractory_core::{Refractory, Rights, Timestamp, Verb, can};

use super::failure::fault;
use super::{color, mark};
use crate::action::Action;
use crate::message::{Button, Color, Embed, Message, Style};
use crate::text::{line, lines};

/// What a view of a table needs besides the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableContext<'a> {
    /// Who looks.
    pub(crate) who: &'a Principal,
    /// Where players find it.
    pub(crate) url: &'a str,
    /// The time as the deployment has it.
    pub(crate) now: Timestamp,
    /// Whether there are backups here.
    pub(crate) backups: bool,
}

impl<'a> TableContext<'a> {
    pub(crate) fn new(refractory: &Refractory, who: &'a Principal, url: &'a str) -> Self {
        Self { who, url, now: refractory.now(), backups: refractory.supports_backups() }
    }

    fn may(&self, verb: Verb, table: &Instance) -> bool {
        can(self.who, verb, table)
    }
}

/// One table.
pub(crate) fn table(at: TableContext<'_>, table: &Instance) -> Message {
    let state = table.state();
    let is_whole = at.may(Verb::InspectInstance, table);
    let mut embed = Embed {
        title: line(table.title()),
        color: Some(color(state)),
        description: format!("{} {}", mark(state), headline(table, state, is_whole)),
        ..Embed::default()
    };
    if state == State::On {
        at.url.clone_into(&mut embed.url);
    }
    if is_whole {
        details(at, table, state, &mut embed);
    }
    embed.push("Address", format!("<{}>", at.url), false);
    embed.footer = format!("Name: {}", table.slug);
    let message = Message { embeds: vec![embed], ..Message::default() };
    message.buttons(buttons(at, table, state)).buttons(more_buttons(at, table, state))
}

fn headline(table: &Instance, state: State, is_whole: bool) -> &'static str {
    if !is_whole {
        return English.state(state);
    }
    match (state, table.phase()) {
        (State::Starting, Phase::Starting(step)) => {
            English.going_up(step, table.desired.spec.world.is_some())
        }
        (State::On, _) if table.is_in_setup() => "In Foundry's setup",
        (State::Stopping | State::Deleting, Phase::Stopping(step)) => English.going_down(step),
        (state, _) => English.state(state),
    }
}

fn details(at: TableContext<'_>, table: &Instance, state: State, embed: &mut Embed) {
    if let Some(progress) = table.progress() {
        let said = English.progress(progress);
        let percent = progress.percent.map(|percent| format!(" ({percent} %)")).unwrap_or_default();
        embed.description = format!("{}\n{}{percent}", embed.description, lines(&sentence(&said)));
        if progress.uninterruptible {
            embed.description += "\nThis is not broken off, even by a stop.";
        }
    }
    if table.is_in_setup() {
        embed.description += "\nNo world is open yet. Its game master sets it up in the portal.";
    } else if state == State::On && !Rights::of_anyone(table).hold(Right::Play) {
        embed.description += "\nNo one can join it: players are not told apart at its address yet. Let anyone play in its settings to open it.";
    } else if state == State::On {
        let players = table.seen.as_ref().map_or(0, |seen| seen.players);
        embed.push("Players", players.to_string(), true);
    }
    if let Some(found) = table.live_fault() {
        let next = if found.terminal {
            String::new()
        } else {
            let wait = found.retry_in(at.now);
            format!(" The next attempt starts in {}.", span(wait))
        };
        embed.push("Problem", format!("{}{next}", fault(found)), false);
    }
    if let Some(took) = table.last_start {
        embed.push("Last start", span(Duration::from_millis(took)), true);
    }
}

/// What fits the state.
fn buttons(at: TableContext<'_>, table: &Instance, state: State) -> Vec<Button> {
    let id = || table.id.clone();
    let start = || Button::ask("Start", Action::Start(id()), Style::Success);
    let stop = || {
        Button::ask("Stop", Action::Stop { id: id(), now: false, confirmed: false }, Style::Danger)
    };
    let (starts, stops) = (at.may(Verb::StartInstance, table), at.may(Verb::StopInstance, table));
    let mut row = Vec::new();
    match state {
        State::Off | State::Stopping => row.extend(starts.then(start)),
        State::Attention => {
            row.extend(starts.then(|| Button { label: "Try again".to_owned(), ..start() }));
        }
        State::Starting => {
            row.extend(stops.then(stop));
            let offers = table.progress().is_some_and(|progress| progress.takeover.is_some());
            if starts && table.waits_for_license() && offers {
                row.push(Button::ask(
                    "Take the license",
                    Action::TakeLicense(id()),
                    Style::Primary,
                ));
            }
        }
        State::On => {
            row.push(Button::open("Open", at.url));
            let restart = || {
                Button::ask(
                    "Restart",
                    Action::Restart { id: id(), confirmed: false },
                    Style::Secondary,
                )
            };
            row.extend((starts && stops).then(restart));
            row.extend(stops.then(stop));
        }
        State::Deleting => {}
    }
    row.push(Button::ask("Refresh", Action::Status(id()), Style::Secondary));
    row
}

/// What is rarely done.
fn more_buttons(at: TableContext<'_>, table: &Instance, state: State) -> Vec<Button> {
    let id = || table.id.clone();
    let mut row = Vec::new();
    if state == State::Deleting {
        return row;
    }
    if at.backups && at.may(Verb::ChangeInstance, table) {
        row.push(Button::ask(
            "Back up",
            Action::Backup { id: id(), stop: false },
            Style::Secondary,
        ));
    }
    if at.may(Verb::InspectInstance, table) {
        row.push(Button::ask("License", Action::License(id()), Style::Secondary));
    }
    if at.may(Verb::DeleteInstance, table) {
        row.push(Button::ask("Delete\u{2026}", Action::Delete(id()), Style::Danger));
    }
    row
}

/// A table that is gone.
pub(crate) fn deleted(title: &str) -> Message {
    Message::note(
        Color::Neutral,
        "Table deleted",
        format!("{} and all of its data are gone.", line(title)),
    )
}

/// Says who is disconnected by what the button does.
pub(crate) fn stop_anyway(title: &str, count: u32, names: &[String], button: Button) -> Message {
    const NAMED: usize = 10;
    let playing = match count {
        1 => "1 person is playing".to_owned(),
        count => format!("{count} people are playing"),
    };
    let mut listed = names.iter().take(NAMED).map(|name| line(name)).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        listed = format!("{listed} and {} more", names.len() - NAMED);
    }
    let who = if listed.is_empty() { ".".to_owned() } else { format!(": {listed}.") };
    let text = format!("{playing} at {}{who}\nThey are disconnected.", line(title));
    Message::note(Color::Busy, "People are playing", text).buttons(vec![button])
}

/// Which license a table has, or waits for.
pub(crate) fn license(
    at: TableContext<'_>,
    table: &Instance,
    license: Option<&License>,
) -> Message {
    let mut text = match (table.journal.held(Step::License), license) {
        (_, Some(license)) => format!("It uses **{}**.", line(&license.name)),
        (Some(Held::License(Some(_))), None) => "It uses a license.".to_owned(),
        _ if table.desired.spec.license == LicenseChoice::NotNeeded => {
            "It needs no license.".to_owned()
        }
        _ if table.waits_for_license() => "It waits for a license.".to_owned(),
        _ => "It has no license now. It gets one when it starts.".to_owned(),
    };
    let mut row = Vec::new();
    if table.waits_for_license()
        && let Some(progress) = table.progress()
    {
        text = format!("{text}\n{}", lines(&sentence(&English.progress(progress))));
        if progress.takeover.is_some() && at.may(Verb::StartInstance, table) {
            row.push(Button::ask(
                "Take the license",
                Action::TakeLicense(table.id.clone()),
                Style::Primary,
            ));
        }
    }
    row.push(Button::ask("Back to the table", Action::Status(table.id.clone()), Style::Secondary));
    Message::note(Color::Neutral, &format!("License of {}", line(table.title())), text).buttons(row)
}

/// That a backup is being made, and the ones before it.
pub(crate) fn backups(table: &Instance, before: &[Backup]) -> Message {
    let mut text = "A backup is being made. The table's state says how far it is.".to_owned();
    if !before.is_empty() {
        text += "\n\nBackups so far:";
        for backup in before {
            let seconds = backup.at.0 / 1_000;
            let damaged = if backup.is_damaged() { ", damaged" } else { "" };
            text = format!("{text}\n<t:{seconds}:f>, {}{damaged}", size(backup.size));
        }
    }
    let row =
        vec![Button::ask("Show the table", Action::Status(table.id.clone()), Style::Secondary)];
    Message::note(Color::Good, &format!("Backup of {}", line(table.title())), text).buttons(row)
}

/// A fragment as a sentence.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    let end =
        if fragment.is_empty() || fragment.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// As `12 s`, `3 min`, `2 h`.
fn span(of: Duration) -> String {
    match of.as_millis().div_ceil(1_000) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

/// As `312 MiB`.
fn size(bytes: u64) -> String {
    for (name, unit) in [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= unit {
            return format!("{} {name}", bytes / unit);
        }
    }
    format!("{bytes} bytes")
}

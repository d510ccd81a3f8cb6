//! The deployment as a whole, for administrators.
use refractory_core::model::{InstanceState, WorkerMark};
use refractory_core::ports::DamagedRecord;
use refractory_core::words::{English, Words as _};
use refractory_core::{LicenseView, Timestamp};

use super::mark;
use crate::message::{Color, Embed, Message};
use crate::text::line;

/// The most lines of a list that is not paged; how many are left out is said.
const LINES: usize = 20;

/// How many tables are in which state, and how many licenses are in use. `counts` is none before the first look.
pub(crate) fn overview(
    counts: Option<&[(InstanceState, usize)]>,
    licenses: &[LicenseView],
    workers: usize,
) -> Message {
    let tables = match counts {
        None => "Tables are being read. Ask again in a moment.".to_owned(),
        Some(counts) => {
            let total: usize = counts.iter().map(|(_, count)| count).sum();
            let some = counts.iter().filter(|(_, count)| *count > 0);
            let rows = some.map(|(state, count)| {
                format!("\n{} {}: {count}", mark(*state), English.state(*state))
            });
            format!("{}{}", many(total, "table"), rows.collect::<String>())
        }
    };
    let used = licenses.iter().filter(|view| view.license.lease.is_some()).count();
    let mut embed = Embed { title: "Overview".to_owned(), description: tables, ..Embed::default() };
    embed.color = Some(if workers == 0 { Color::Bad } else { Color::Good });
    embed.push("Licenses in use", format!("{used} of {}", licenses.len()), true);
    embed.push(
        "Workers",
        if workers == 0 { "none: nothing starts or stops".to_owned() } else { workers.to_string() },
        true,
    );
    Message { embeds: vec![embed], ..Message::default() }
}

/// The licenses, and which table has each.
pub(crate) fn licenses(all: &[LicenseView]) -> Message {
    if all.is_empty() {
        return Message::note(
            Color::Neutral,
            "Licenses",
            "There is no license yet. Add one in the portal, under Licenses.",
        );
    }
    let row = |view: &LicenseView| {
        let name = line(&view.license.name);
        match (&view.holder, view.license.acceptance()) {
            (Some((_, holder)), _) => format!("\u{1f7e1} **{name}**: used by {}", line(holder)),
            (None, Some(_)) => format!("\u{1f7e2} **{name}**: free"),
            (None, None) => format!("\u{26aa} **{name}**: its agreement is not accepted yet"),
        }
    };
    Message::note(Color::Neutral, "Licenses", shortened(all.iter().map(row)))
}

/// Whether workers are alive, and what needs attention.
pub(crate) fn health(
    workers: &[WorkerMark],
    damaged: &[DamagedRecord],
    now: Timestamp,
    is_whole: bool,
) -> Message {
    let mut problems = Vec::new();
    if workers.is_empty() {
        problems.push("No worker is alive: nothing starts or stops. Start `refractory up`, or look at its log.".to_owned());
    }
    for worker in workers {
        let failed = worker.duties.iter().filter_map(|duty| Some((duty, duty.failure.as_ref()?)));
        problems.extend(
            failed.map(|(duty, why)| format!("The duty {} fails: {}", line(&duty.name), line(why))),
        );
        problems.extend(
            worker.unlisted.iter().map(|what| format!("Could not be listed: {}", line(what))),
        );
    }
    for record in damaged {
        problems.push(format!(
            "A record is damaged: {} `{}`",
            line(record.kind.name()),
            line(&record.id)
        ));
    }
    let mut embed = Embed { title: "Health".to_owned(), ..Embed::default() };
    embed.color = Some(if problems.is_empty() { Color::Good } else { Color::Bad });
    embed.description = if problems.is_empty() {
        "All is well.".to_owned()
    } else {
        shortened(problems.iter().map(|problem| format!("\u{1f534} {problem}")))
    };
    if !is_whole {
        embed.description += "\nThere are more damaged records: see `refractory record list`.";
    }
    let since = workers
        .iter()
        .map(|worker| worker.born)
        .min()
        .map_or(0, |born| now.0.saturating_sub(born.0) / 60_000);
    embed.push("Workers", workers.len().to_string(), true);
    if !workers.is_empty() {
        embed.push("Up for", many(usize::try_from(since).unwrap_or(usize::MAX), "minute"), true);
    }
    Message { embeds: vec![embed], ..Message::default() }
}

fn shortened(rows: impl ExactSizeIterator<Item = String>) -> String {
    let left = rows.len().saturating_sub(LINES);
    let mut text = rows.take(LINES).collect::<Vec<_>>().join("\n");
    if left > 0 {
        text = format!("{text}\nand {left} more");
    }
    text
}

fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

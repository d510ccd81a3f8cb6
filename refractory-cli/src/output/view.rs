//! Tables as people are shown them.
use refractory_core::model::{Instance, InstanceState, Phase};
use refractory_core::words::{English, Words as _};

use super::say;

/// As part of a line.
fn lower_case(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// What a table is doing, in a few words.
pub(crate) fn words(table: &Instance) -> String {
    // Why a start was given up is what people want to know, not what is undone because of it.
    if table.given_up()
        && let Some(fault) = table.live_fault()
    {
        return say::fault(fault);
    }
    let doing = match table.phase() {
        Phase::Starting(_) if table.hold.is_some() => "waiting to start".to_owned(),
        Phase::Starting(step) => {
            lower_case(English.going_up(step, table.desired.spec.world.is_some()))
        }
        Phase::Stopping(step) => lower_case(English.going_down(step)),
        Phase::On(_) if table.is_in_setup() => {
            let slug = &table.slug;
            return format!(
                "in Foundry's setup, with no world open; to make one, run `refractory instance open {slug} --setup`"
            );
        }
        Phase::On(_) => "on".to_owned(),
        Phase::Off if table.state() == InstanceState::Deleting => {
            lower_case(English.state(InstanceState::Deleting))
        }
        Phase::Off => "off".to_owned(),
    };
    match table.progress() {
        Some(progress) => match progress.percent {
            Some(percent) => format!("{doing}: {} ({percent} %)", English.progress(progress)),
            None => format!("{doing}: {}", English.progress(progress)),
        },
        None => match table.live_fault() {
            Some(fault) => format!("{doing}: {} (attempt {})", say::fault(fault), fault.attempts),
            None => doing,
        },
    }
}

//! Messages: what tables, lists and failures look like in Discord. Pure.
mod administration;
mod failure;
mod help;
mod list;
mod table;

pub(crate) use self::administration::{health, licenses, overview};
pub(crate) use self::failure::{failure, is_ours, not_linked, unknown};
pub(crate) use self::help::help;
pub(crate) use self::list::{PAGE, choose, dashboard, instances};
pub(crate) use self::table::{TableContext, backups, deleted, license, stop_anyway, table};

use refractory_core::model::InstanceState;

use crate::message::Color;

/// The mark of a state in a list.
pub(crate) fn mark(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Off => "\u{26aa}",
        InstanceState::Starting | InstanceState::Stopping => "\u{1f7e1}",
        InstanceState::On => "\u{1f7e2}",
        InstanceState::Deleting => "\u{1f5d1}\u{fe0f}",
        InstanceState::Attention => "\u{1f534}",
    }
}

pub(crate) fn color(state: InstanceState) -> Color {
    match state {
        InstanceState::Off => Color::Neutral,
        InstanceState::Starting | InstanceState::Stopping | InstanceState::Deleting => Color::Busy,
        InstanceState::On => Color::Good,
        InstanceState::Attention => Color::Bad,
    }
}

#[cfg(test)]
mod tests;

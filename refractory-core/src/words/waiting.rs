//! What an instance waits for, in English.
use std::time::Duration;

use crate::model::{HoldReason, HolderActivity, LicenseUse, LicenseWait, Outlook, Waiting};

pub(super) fn waiting(waiting: &Waiting) -> String {
    match waiting {
        Waiting::License(wait) => license(wait),
        Waiting::OrphanedProgram => "an orphaned program is running and may use any license. Stop it, or wait until it is removed".to_owned(),
        Waiting::Release => "unpacking the release".to_owned(),
        Waiting::NodeJs => "fetching Node.js".to_owned(),
        Waiting::ProgramStart => "the program starts".to_owned(),
        Waiting::ProgramStop => "stopping".to_owned(),
        Waiting::WorldOpening => "opening the world".to_owned(),
        Waiting::Migration => "migrating the world; don't interrupt this".to_owned(),
        Waiting::WorldClosing => "closing the world".to_owned(),
        Waiting::VolumeRemoval => "its files are removed".to_owned(),
        Waiting::Operation { hold: HoldReason::Backup } => {
            "a backup is being made. The table can start again afterwards".to_owned()
        }
        Waiting::Operation { hold: HoldReason::Restore } => {
            "a backup is being restored. The table can start afterwards".to_owned()
        }
        Waiting::InstanceOff => "waiting until the table is off".to_owned(),
        Waiting::OtherOperation => "another operation has to end first".to_owned(),
        Waiting::VolumePreparation => "preparing the table's data".to_owned(),
        Waiting::Other => "waiting".to_owned(),
    }
}

fn license(wait: &LicenseWait) -> String {
    if wait.licenses.is_empty() && wait.outlook.is_none() {
        return "waiting for a license".to_owned();
    }
    let uses = wait.licenses.iter().map(in_use);
    uses.chain(wait.outlook.as_ref().map(outlook)).collect::<Vec<_>>().join(" ")
}

fn in_use(one: &LicenseUse) -> String {
    let license = &one.license;
    let Some(holder) = &one.holder else {
        return format!("{license} is reserved for another table.");
    };
    let doing = match one.activity {
        HolderActivity::Players(0) => "where nobody is playing".to_owned(),
        HolderActivity::Players(1) => "where 1 person is playing".to_owned(),
        HolderActivity::Players(count) => format!("where {count} people are playing"),
        HolderActivity::On => "which is on".to_owned(),
        HolderActivity::Starting => "which is starting".to_owned(),
        HolderActivity::Stopping => "which is stopping".to_owned(),
        HolderActivity::Reserved => return format!("{license} is reserved for {holder}."),
        HolderActivity::Deleted => return format!("{license} is held by a deleted table."),
        HolderActivity::Damaged => {
            return format!("{license} is held by a table whose record is damaged.");
        }
    };
    format!("{license} is in use by {holder}, {doing}.")
}

fn outlook(outlook: &Outlook) -> String {
    match outlook {
        Outlook::HandOver { from, within, only } => {
            let license = if *only { "It's".to_owned() } else { format!("{from}'s license is") };
            format!("{license} yours {}.", in_minutes(*within))
        }
        Outlook::WhenStopped { holder } => format!(
            "It becomes free when {holder} is stopped: players of that table can't be kept from joining."
        ),
    }
}

fn in_minutes(within: Duration) -> String {
    match within.as_secs().div_ceil(60) {
        0 => "in a moment".to_owned(),
        1 => "in 1 minute".to_owned(),
        minutes => format!("in {minutes} minutes"),
    }
}

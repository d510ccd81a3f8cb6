//! Commands as values: what a user asks for, however they asked.
mod definition;
mod read;
mod texts;

use refractory_core::{Cursor, InstanceId, Secret};

use crate::action::{Action, TableVerb};

pub use self::definition::definitions;
pub(crate) use self::definition::names;
pub use self::read::{Reading, TypedFor, Typing};
pub use self::texts::{CommandTexts, EnglishCommands};

/// The command of users.
pub(crate) const USERS: &str = "foundry";
/// The command of administrators. Discord hides it from others; every right is checked by the handle all the same.
pub(crate) const ADMINISTRATORS: &str = "foundry-admin";

/// What a user asks for.
#[derive(Debug, Clone)]
pub enum Command {
    /// The tables that they see.
    Dashboard(Option<Cursor>),
    /// Something with one table.
    Table(TableVerb, TableRef),
    /// Stop a table.
    Stop {
        /// The table.
        id: InstanceId,
        /// Whether its world is not waited for.
        now: bool,
        /// Whether they have been told who plays.
        confirmed: bool,
    },
    /// Restart a table.
    Restart {
        /// The table.
        id: InstanceId,
        /// Whether they have been told who plays.
        confirmed: bool,
    },
    /// Back a table up.
    Backup {
        /// The table.
        id: InstanceId,
        /// Whether it may be stopped for that.
        stop: bool,
    },
    /// Take the license that a table waits for from one where no one plays.
    TakeLicense(TableRef),
    /// Delete a table.
    Delete {
        /// The table.
        id: InstanceId,
        /// What they typed to confirm it.
        typed: String,
    },
    /// Link their Discord account, with the sign-in link of a user.
    Link(Secret),
    /// A link that signs them in to the portal.
    Portal,
    /// What can be done here.
    Help,
    /// How many tables are in which state.
    Overview,
    /// All instances.
    Instances(Option<Cursor>),
    /// Stop any table.
    StopAny {
        /// The table.
        table: TableRef,
        /// Whether its world is not waited for.
        now: bool,
    },
    /// Stop the table that has a license, so that it comes free.
    ReleaseLicense(String),
    /// The licenses, and who has them.
    Licenses,
    /// Whether the deployment works.
    Health,
}

/// Which table is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableRef {
    /// The only one that the user sees; they choose where there are more.
    Unnamed,
    /// The one of this name.
    Named(String),
    /// This one.
    Id(InstanceId),
}

impl Command {
    /// What a button asks for; none for those that open a form.
    pub(crate) fn pressed(action: Action) -> Option<Self> {
        Some(match action {
            Action::Dashboard(after) => Self::Dashboard(after),
            Action::Instances(after) => Self::Instances(after),
            Action::Status(id) => Self::Table(TableVerb::Status, TableRef::Id(id)),
            Action::Start(id) => Self::Table(TableVerb::Start, TableRef::Id(id)),
            Action::Stop { id, now, confirmed } => Self::Stop { id, now, confirmed },
            Action::Restart { id, confirmed } => Self::Restart { id, confirmed },
            Action::Backup { id, stop } => Self::Backup { id, stop },
            Action::License(id) => Self::Table(TableVerb::License, TableRef::Id(id)),
            Action::TakeLicense(id) => Self::TakeLicense(TableRef::Id(id)),
            Action::Delete(_) | Action::Link | Action::Choose(_) => return None,
        })
    }

    /// What is asked of the table that was chosen from a menu.
    pub(crate) fn chosen(verb: TableVerb, value: &str) -> Option<Self> {
        Some(Self::Table(verb, TableRef::Id(InstanceId::new(value).ok()?)))
    }
}

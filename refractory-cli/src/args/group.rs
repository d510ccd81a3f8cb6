//! `group`.
use clap::{Args, Subcommand};

const CREATE: &str = "Example:
  refractory group create friday-crew";

/// What can be done to groups.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Create a group, to grant rights on tables to
    #[command(after_help = CREATE)]
    Create {
        /// The group's name
        name: String,
    },
    /// List all groups
    #[command(visible_alias = "ls")]
    List,
    /// Show the members of a group and what is granted to it
    Show {
        /// The group's name
        name: String,
    },
    /// Add users to a group, or change who administers it
    Add(AddMembers),
    /// Remove users from a group
    Remove {
        /// The group's name
        group: String,
        /// The users' names
        #[arg(required = true, value_name = "USER")]
        users: Vec<String>,
    },
    /// Rename a group; what is granted to it stays
    Rename {
        /// The group's name
        name: String,
        /// The new name
        to: String,
    },
    /// Delete a group, and all rights that are granted to it
    Delete {
        /// The group's name
        name: String,
        /// The group's name again, to skip the question
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
}

/// Add users to a group.
///
/// Its administrators add and remove members in the portal, without being administrators of Refractory. Without --admin, users
/// become ordinary members, also those who administered it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory group add friday-crew jane --admin")]
pub(crate) struct AddMembers {
    /// The group's name
    pub(crate) group: String,
    /// The users' names
    #[arg(required = true, value_name = "USER")]
    pub(crate) users: Vec<String>,
    /// Let them manage the members of the group
    #[arg(long)]
    pub(crate) admin: bool,
}

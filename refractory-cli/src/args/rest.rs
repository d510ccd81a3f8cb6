//! `release`, `user`, `worker`, `record`, `config`.

use clap::{Args, Subcommand};
use refractory_core::model::Role;
use refractory_core::ports::Kind;

/// What can be done to releases.
#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Add a release: a zip file, or the timed URL from your Foundry account
    #[command(
        after_help = "Examples:\n  refractory release add FoundryVTT-Node-13.351.zip\n  refractory release add \"https://…\"    the timed URL, in quotes"
    )]
    Add {
        /// A file or a URL
        #[arg(value_name = "FILE|URL")]
        source: String,
    },
    /// List all stored releases
    #[command(visible_alias = "ls")]
    List,
    /// Remove a release that no table uses
    Remove {
        /// The version, or the beginning of the ID
        #[arg(value_name = "VERSION")]
        name: String,
    },
}

const ADD_USER: &str = "\
Examples:
  refractory user add jane --role game-master          asks for a password
  refractory user add jane < password.txt
  refractory user add jane --link                      no password; a one-time sign-in link";

/// What can be done to accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user; the password is read from a prompt or standard input
    #[command(after_help = ADD_USER)]
    Add(AddUser),
    /// List all users
    #[command(visible_alias = "ls")]
    List,
    /// Set a password from a prompt or standard input; signs the user out everywhere
    Passwd {
        /// The user's name
        name: String,
    },
    /// Change a user's role
    Role {
        /// The user's name
        name: String,
        /// player, game-master or admin
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Change the e-mail address or the language of a user
    Edit(EditUser),
    /// Sign a user out everywhere at once, and let them sign in no more
    Disable {
        /// The user's name
        name: String,
    },
    /// Let a disabled user sign in again
    Enable {
        /// The user's name
        name: String,
    },
    /// Sign a user out everywhere, and make unused sign-in links invalid
    SignOut {
        /// The user's name
        name: String,
    },
    /// Remove a user
    Remove {
        /// The user's name
        name: String,
    },
    /// Print a one-time sign-in link that expires in one hour
    Link {
        /// The user's name
        name: String,
    },
}

/// Add a user.
#[derive(Debug, Args)]
pub(crate) struct AddUser {
    /// The name to sign in with
    pub(crate) name: String,
    /// player, game-master or admin; the first user is an admin
    #[arg(long, value_parser = role)]
    pub(crate) role: Option<Role>,
    /// Set no password and print a one-time sign-in link
    #[arg(long)]
    pub(crate) link: bool,
}

/// Change what is known of a user. What you do not name stays; an empty value clears it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  refractory user edit jane --email jane@example.com --locale en-GB"
)]
pub(crate) struct EditUser {
    /// The user's name
    pub(crate) name: String,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// The language, with or without a region, such as en or pt-BR
    #[arg(long, value_name = "LOCALE")]
    pub(crate) locale: Option<String>,
}

/// What can be asked of workers.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkerCommand {
    /// List the running background services
    #[command(visible_alias = "ls")]
    List,
}

const REMOVE_RECORD: &str = "\
Example:
  refractory record remove license 4fjx2k9mq7tz --confirm 4fjx2k9mq7tz

Only the record goes. Data of a table stays in its folder; a program that still runs is found and
closed. Save a backup first: `refractory deployment backup FILE`.";

/// What can be done to records that cannot be read.
#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// Every damaged record, and what is wrong with it
    #[command(visible_alias = "ls")]
    List,
    /// What is stored of one
    Show(DamagedRecord),
    /// Remove one that cannot be repaired
    #[command(after_help = REMOVE_RECORD)]
    Remove {
        #[command(flatten)]
        record: DamagedRecord,
        /// The id once more
        #[arg(long, value_name = "ID")]
        confirm: String,
    },
}

/// Which record.
#[derive(Debug, Args)]
pub(crate) struct DamagedRecord {
    /// Its kind, as `refractory record list` has it
    #[arg(value_parser = kind)]
    pub(crate) kind: Kind,
    /// Its id
    pub(crate) id: String,
}

/// What can be asked of the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check the configuration and report all problems
    Check,
    /// Show all values and their sources; secrets are hidden
    Show,
    /// Print a configuration file with all keys and defaults
    #[command(after_help = "Example:\n  refractory config example > refractory.toml")]
    Example,
}

fn kind(text: &str) -> Result<Kind, String> {
    let names = || Kind::ALL.map(Kind::name).join(", ");
    let found = Kind::ALL.into_iter().find(|kind| kind.name() == text);
    found.ok_or_else(|| format!("write one of: {}", names()))
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|error: refractory_core::Error| error.for_people().into_owned())
}

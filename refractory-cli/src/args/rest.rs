//! `release`, `user`, `worker`, `config`.
use clap::{Args, Subcommand};
use refractory_core::model::Role;

/// What can be done to releases.
#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Store a release: a zip, or the timed URL from your Foundry account
    #[command(
        after_help = "Examples:\n  refractory release add FoundryVTT-Node-13.351.zip\n  refractory release add \"https://…\"    the timed URL, in quotes"
    )]
    Add {
        /// A file or a URL
        #[arg(value_name = "FILE|URL")]
        source: String,
    },
    /// Every stored release
    #[command(visible_alias = "ls")]
    List,
    /// Remove a release that no table needs
    Remove {
        /// Its version, or the beginning of its id
        #[arg(value_name = "VERSION")]
        name: String,
    },
}

const ADD_USER: &str = "\
Examples:
  refractory user add jane --role game-master          asks for a password
  refractory user add jane < password.txt
  refractory user add jane --link                      no password; a link to sign in with, once";

/// What can be done to accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add an account; the password comes from a prompt or standard input
    #[command(after_help = ADD_USER)]
    Add(AddUser),
    /// Every account
    #[command(visible_alias = "ls")]
    List,
    /// Set a password, from a prompt or standard input; ends that person's sessions
    Passwd {
        /// The account
        name: String,
    },
    /// Change what an account may do
    Role {
        /// The account
        name: String,
        /// player, game-master or admin
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Remove an account
    Remove {
        /// The account
        name: String,
    },
    /// Print a link that signs somebody in, once, within an hour
    Link {
        /// The account
        name: String,
    },
}

/// Add an account.
#[derive(Debug, Args)]
pub(crate) struct AddUser {
    /// What they sign in with
    pub(crate) name: String,
    /// player, game-master or admin; the first account is an admin
    #[arg(long, value_parser = role)]
    pub(crate) role: Option<Role>,
    /// Set no password, and print a link that signs them in once
    #[arg(long)]
    pub(crate) link: bool,
}

/// What can be asked of workers.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkerCommand {
    /// Every worker that is alive
    #[command(visible_alias = "ls")]
    List,
}

/// What can be asked of the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say everything that is wrong with the configuration
    Check,
    /// Every value and where it comes from; secrets are not shown
    Show,
    /// Print a file with every key, its meaning and its default
    #[command(after_help = "Example:\n  refractory config example > refractory.toml")]
    Example,
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|error: refractory_core::Error| error.for_people().into_owned())
}

//! `release`, `user`, `worker`, `config`.
use clap::{Args, Subcommand};
use refractory_core::model::Role;

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

/// What can be asked of workers.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkerCommand {
    /// List the running background services
    #[command(visible_alias = "ls")]
    List,
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

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|error: refractory_core::Error| error.for_people().into_owned())
}

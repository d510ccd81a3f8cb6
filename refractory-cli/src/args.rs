//! What can be said at the prompt.
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) mod admin_key;
pub(crate) mod backup;
pub(crate) mod event;
pub(crate) mod group;
#[cfg(feature = "aws")]
pub(crate) mod infra;
pub(crate) mod instance;
pub(crate) mod license;
pub(crate) mod rest;
pub(crate) mod token;
pub(crate) mod up;

use admin_key::AdminKeyCommand;
use backup::{BackupCommand, DeploymentCommand, OperationCommand};
use event::EventCommand;
use group::GroupCommand;
use instance::InstanceCommand;
use license::LicenseCommand;
use rest::{ConfigCommand, RecordCommand, ReleaseCommand, UserCommand, WorkerCommand};

const EXAMPLES: &str = "\
Examples:
  refractory up --demo                       a first look, without a license
  refractory up --listen 0.0.0.0:8080        the portal, for everyone who can reach this machine
  refractory release add FoundryVTT-13.351.zip
  refractory instance create friday-night --title \"Friday Night\"
  refractory instance start friday-night --wait

Configuration comes from refractory.toml, then REFRACTORY__SECTION__KEY variables, then flags.
Exit codes: 0 success, 1 internal error, 2 invalid input, 3 not found, 4 conflict, 5 not allowed,
6 limit reached, 7 unavailable (or no background service), 8 not supported, 9 needs attention.";

/// Host Foundry Virtual Tabletop tables: start and stop them, share license keys safely, one address for all.
#[derive(Debug, Parser)]
#[command(
    name = "refractory",
    version,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The data folder [default: `refractory-data`, or `data` in the configuration]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file [default: `refractory.toml`, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show the causes of an error, and more of the log
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// The format of the log on standard error
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) log_format: LogFormat,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum LogFormat {
    /// Text lines
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

/// What there is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve: portal, edge and worker in one process
    Up(up::Up),
    /// Tables: create, list, show, edit, open, start, stop, restart, take-license, rename, delete, rotate-key, logs
    #[command(subcommand, visible_alias = "table")]
    Instance(InstanceCommand),
    /// License keys: add, list, rename, accept, remove
    #[command(subcommand, visible_alias = "licence")]
    License(LicenseCommand),
    /// Foundry releases: add, list, remove
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Accounts: add, list, edit, role, passwd, link, sign-out, disable, enable, remove
    #[command(subcommand)]
    User(UserCommand),
    /// Groups of users: create, list, show, add, remove, rename, delete
    #[command(subcommand)]
    Group(GroupCommand),
    /// Tokens for programs: create, list, revoke
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// The audit log: list
    #[command(subcommand)]
    Event(EventCommand),
    /// The background service: list
    #[command(subcommand)]
    Worker(WorkerCommand),
    /// Copies of the data of tables: create, list, show, restore, verify, delete
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Administrator passwords of deleted tables: list, purge
    #[command(subcommand)]
    AdminKey(AdminKeyCommand),
    /// What takes long, such as backups: list, show, cancel
    #[command(subcommand)]
    Operation(OperationCommand),
    /// Copies of the deployment's own records and keys: backup, restore
    #[command(subcommand)]
    Deployment(DeploymentCommand),
    /// Records that cannot be read: list, show, remove
    #[command(subcommand)]
    Record(RecordCommand),
    /// The configuration: check, show, example
    #[command(subcommand)]
    Config(ConfigCommand),
    /// AWS infrastructure: deploy, diff, status, destroy, policy
    #[cfg(feature = "aws")]
    #[command(subcommand)]
    Infra(infra::InfraCommand),
    /// Find problems and say how to fix them
    Doctor,
    /// Print shell completions
    #[command(
        after_help = "Example:\n  refractory completions bash > ~/.local/share/bash-completion/completions/refractory"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

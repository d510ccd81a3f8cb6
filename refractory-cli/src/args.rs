//! What can be said at the prompt.
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[cfg(feature = "aws")]
pub(crate) mod infra;
pub(crate) mod instance;
pub(crate) mod license;
pub(crate) mod rest;
pub(crate) mod up;

use instance::InstanceCommand;
use license::LicenseCommand;
use rest::{ConfigCommand, ReleaseCommand, UserCommand, WorkerCommand};

const EXAMPLES: &str = "\
Examples:
  refractory up --demo                       a first look, without a licence
  refractory up --listen 0.0.0.0:8080        the portal, for everybody who can reach this machine
  refractory release add FoundryVTT-13.351.zip
  refractory instance create friday-night --title \"Friday Night\"
  refractory instance start friday-night --wait

Configuration comes from refractory.toml, then REFRACTORY__SECTION__KEY variables, then flags.
Exit codes: 0 done, 1 a defect, 2 asked for wrongly, 3 not there, 4 in conflict, 5 not allowed,
6 a limit, 7 no answer (or no worker), 8 not offered, 9 needs attention.";

/// Host Foundry Virtual Tabletop tables: start and stop them, share licence keys safely, one address for all.
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
    /// The data folder; `refractory-data` where the configuration says nothing else
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file; `refractory.toml` where there is one
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show what an error came from, and more of the log
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// How the log is written to standard error
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) log_format: LogFormat,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object for each line
    Json,
}

/// What there is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve: portal, edge and worker in one process
    Up(up::Up),
    /// Tables: create, list, show, start, stop, rename, delete, rotate-key, logs
    #[command(subcommand, visible_alias = "table")]
    Instance(InstanceCommand),
    /// Licence keys: add, list, rename, accept, remove
    #[command(subcommand, visible_alias = "licence")]
    License(LicenseCommand),
    /// Releases of Foundry: add, list, remove
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Accounts: add, list, role, passwd, link, remove
    #[command(subcommand)]
    User(UserCommand),
    /// Who does the work
    #[command(subcommand)]
    Worker(WorkerCommand),
    /// The configuration: check, show, example
    #[command(subcommand)]
    Config(ConfigCommand),
    /// What a deployment on AWS stands on: deploy, diff, status, destroy, policy
    #[cfg(feature = "aws")]
    #[command(subcommand)]
    Infra(infra::InfraCommand),
    /// Look for what is missing or wrong, and say what to do about it
    Doctor,
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  refractory completions bash > ~/.local/share/bash-completion/completions/refractory"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

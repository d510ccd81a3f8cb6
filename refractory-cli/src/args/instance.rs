//! `instance`.
use clap::{Args, Subcommand};

/// What can be done to tables.
#[derive(Debug, Subcommand)]
pub(crate) enum InstanceCommand {
    /// Add a table, switched off
    Create(Create),
    /// Every table and how it does
    #[command(visible_alias = "ls")]
    List,
    /// One table in full
    Show(Named),
    /// Ask for a table to be on
    Start(Start),
    /// Ask for a table to be off; its data stays
    Stop(Stop),
    /// Give a table another name, and so another address
    Rename(Rename),
    /// Remove a table with all of its data
    Delete(Delete),
    /// Replace the key that a table reaches its uploads with
    RotateKey(RotateKey),
    /// What the program of a table prints
    Logs(Logs),
}

/// One table.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its name
    pub(crate) name: String,
}

const CREATE: &str = "\
Examples:
  refractory instance create friday-night
  refractory instance create strahd --title \"Curse of Strahd\" --release 13.351 --world strahd
  refractory instance create west-marches --license \"Club key 1\" --memory 2GiB --disk 20GiB";

/// Add a table, switched off.
///
/// The release is the newest one stored, and stays the same until you choose another.
#[derive(Debug, Args)]
#[command(after_help = CREATE)]
pub(crate) struct Create {
    /// Its name, a DNS label: it is part of the table's address
    pub(crate) name: String,
    /// What people call it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) title: String,
    /// A stored release, by version or the beginning of its id
    #[arg(long, value_name = "VERSION")]
    pub(crate) release: Option<String>,
    /// The world to open at start, by the name of its folder
    #[arg(long, value_name = "ID")]
    pub(crate) world: Option<String>,
    /// A licence, by name; any free one otherwise
    #[arg(long, value_name = "NAME")]
    pub(crate) license: Option<String>,
    /// Whose table it is
    #[arg(long, value_name = "USER")]
    pub(crate) owner: Option<String>,
    /// Memory it may use, as 2GiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<refractory_core::config::Size>,
    /// Disk space it may use, as 20GiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) disk: Option<refractory_core::config::Size>,
    /// Cores it may use, as 1.5
    #[arg(long, value_name = "CORES")]
    pub(crate) cpus: Option<f32>,
    /// The language of Foundry, as en.core
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
}

/// Ask for a table to be on.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance start friday-night --wait")]
pub(crate) struct Start {
    /// Its name
    pub(crate) name: String,
    /// Follow it until people can join, or until it needs attention
    #[arg(short, long)]
    pub(crate) wait: bool,
}

/// Ask for a table to be off; its data stays.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance stop friday-night --wait")]
pub(crate) struct Stop {
    /// Its name
    pub(crate) name: String,
    /// Follow it to the end
    #[arg(short, long)]
    pub(crate) wait: bool,
    /// Try only once to close the world before stopping
    #[arg(long)]
    pub(crate) now: bool,
}

/// Give a table another name.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance rename friday-night saturday-night")]
pub(crate) struct Rename {
    /// Its name
    pub(crate) name: String,
    /// The new one
    pub(crate) to: String,
    /// What people call it from now on
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
}

/// Remove a table with all of its data.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  refractory instance delete friday-night --confirm friday-night --wait"
)]
pub(crate) struct Delete {
    /// Its name
    pub(crate) name: String,
    /// Its name once more, instead of being asked for it
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
    /// Follow it to the end
    #[arg(short, long)]
    pub(crate) wait: bool,
}

/// Replace the key that a table reaches its uploads with.
///
/// Foundry has the new key from its next start on. The old one works as long as it is in use: it is deleted when the
/// table is next off. Where uploads lie with the table's data there is no key, and this says so.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance rotate-key friday-night")]
pub(crate) struct RotateKey {
    /// Its name
    pub(crate) name: String,
}

/// What the program of a table prints.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance logs friday-night -f")]
pub(crate) struct Logs {
    /// Its name
    pub(crate) name: String,
    /// Go on printing what comes
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// How many lines to begin with
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) lines: usize,
}

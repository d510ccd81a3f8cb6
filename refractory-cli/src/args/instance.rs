//! `instance`.
use clap::{Args, Subcommand};

/// What can be done to tables.
#[derive(Debug, Subcommand)]
pub(crate) enum InstanceCommand {
    /// Create a table, turned off
    Create(Box<Create>),
    /// List all tables and their status
    #[command(visible_alias = "ls")]
    List,
    /// Show the details of a table
    Show(Named),
    /// Change the settings or the owner of a table
    Edit(Box<Edit>),
    /// Print a table's address, or a link into Foundry's setup
    Open(Open),
    /// Start a table
    Start(Start),
    /// Stop a table; its data is kept
    Stop(Stop),
    /// Restart a table: close its world, stop it, and start it again
    Restart(Restart),
    /// Take the license that a table waits for from a table where no one is playing
    TakeLicense(TakeLicense),
    /// Rename a table; its address changes too
    Rename(Rename),
    /// Delete a table and all of its data
    Delete(Delete),
    /// Replace a table's uploads key
    RotateKey(RotateKey),
    /// Print a table's log
    Logs(Logs),
}

/// One table.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The table's name
    pub(crate) name: String,
}

/// Who has which right on a table.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Access (repeatable; no-one clears)")]
pub(crate) struct GrantArgs {
    /// Who sees it in lists: signed-in, group:NAME, user:NAME or no-one
    #[arg(long, value_name = "WHO")]
    pub(crate) view: Vec<String>,
    /// Who may join: anyone, signed-in, group:NAME, user:NAME or no-one
    #[arg(long, value_name = "WHO")]
    pub(crate) play: Vec<String>,
    /// Who runs it, beside its owner: group:NAME, user:NAME, signed-in or no-one
    #[arg(long, value_name = "WHO")]
    pub(crate) gm: Vec<String>,
    /// Who changes and deletes it, beside its owner: group:NAME, user:NAME, signed-in or no-one
    #[arg(long, value_name = "WHO")]
    pub(crate) manage: Vec<String>,
}

const CREATE: &str = "\
Examples:
  refractory instance create friday-night
  refractory instance create strahd --title \"Curse of Strahd\" --release 13.351 --world strahd
  refractory instance create west-marches --license \"Club key 1\" --memory 2GiB --disk 20GiB
  refractory instance create one-shot --view group:friday-crew --gm user:jane";

/// Create a table, turned off.
///
/// It uses the newest stored release and stays on it until you change it.
#[derive(Debug, Args)]
#[command(after_help = CREATE)]
pub(crate) struct Create {
    /// The table's name, a DNS label: it is part of the address
    pub(crate) name: String,
    /// The title that players see
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) title: String,
    /// A stored release, by version or beginning of its ID [default: newest]
    #[arg(long, value_name = "VERSION")]
    pub(crate) release: Option<String>,
    /// The world to open at start, by its folder name
    #[arg(long, value_name = "ID")]
    pub(crate) world: Option<String>,
    /// A license, by name; `any` for any free one, `not-needed` for the demo's stand-in [default: any]
    #[arg(long, value_name = "NAME")]
    pub(crate) license: Option<String>,
    /// The user who owns the table
    #[arg(long, value_name = "USER")]
    pub(crate) owner: Option<String>,
    /// Memory limit, such as 2GiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<refractory_core::config::Size>,
    /// Disk space limit, such as 20GiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) disk: Option<refractory_core::config::Size>,
    /// Processor limit in cores, such as 1.5
    #[arg(long, value_name = "CORES")]
    pub(crate) cpus: Option<f32>,
    /// Foundry's language, such as en.core
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
    #[command(flatten)]
    pub(crate) grants: GrantArgs,
}

const EDIT: &str = "\
Examples:
  refractory instance edit friday-night --owner jane
  refractory instance edit strahd --release 13.351 --world strahd
  refractory instance edit west-marches --memory \"\"     no limit
  refractory instance edit one-shot --view group:friday-crew --gm user:jane";

/// Change the settings or the owner of a table.
///
/// Only what you name changes; an empty value clears it. Changes to Foundry take effect at the next start.
#[derive(Debug, Args)]
#[command(after_help = EDIT)]
pub(crate) struct Edit {
    /// Its name
    pub(crate) name: String,
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// A stored release, by version or the beginning of its id; or newest
    #[arg(long, value_name = "VERSION")]
    pub(crate) release: Option<String>,
    /// The world to open at start, by the name of its folder
    #[arg(long, value_name = "ID")]
    pub(crate) world: Option<String>,
    /// A license, by name; `any` or empty for any free one, `not-needed` for the demo's stand-in
    #[arg(long, value_name = "NAME")]
    pub(crate) license: Option<String>,
    /// The user who owns it
    #[arg(long, value_name = "USER")]
    pub(crate) owner: Option<String>,
    /// Memory it may use, as 2GiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<String>,
    /// Disk space it may use, as 20GiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) disk: Option<String>,
    /// Cores it may use, as 1.5
    #[arg(long, value_name = "CORES")]
    pub(crate) cpus: Option<String>,
    /// The language of Foundry, as en.core
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
    #[command(flatten)]
    pub(crate) grants: GrantArgs,
}

/// Print a table's address.
///
/// With --setup, print a link that lets one browser into Foundry's setup of the table, once, within a minute. There you create
/// and open a world. Your access ends when a world opens, when the table stops, and after two hours.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  refractory instance open friday-night\n  refractory instance open friday-night --setup"
)]
pub(crate) struct Open {
    /// The table's name
    pub(crate) name: String,
    /// Print a link into Foundry's setup
    #[arg(long)]
    pub(crate) setup: bool,
}

/// Start a table.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance start friday-night --wait")]
pub(crate) struct Start {
    /// The table's name
    pub(crate) name: String,
    /// Wait until players can join or the table needs attention
    #[arg(short, long)]
    pub(crate) wait: bool,
}

/// Stop a table; its data is kept.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance stop friday-night --wait")]
pub(crate) struct Stop {
    /// The table's name
    pub(crate) name: String,
    /// Wait until it is done
    #[arg(short, long)]
    pub(crate) wait: bool,
    /// Stop quickly: try only once to close the world
    #[arg(long)]
    pub(crate) now: bool,
    /// Stop without asking, even if people are playing
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// Restart a table: close its world, stop it, and start it again.
///
/// It keeps its license. Changes to its settings take effect.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance restart friday-night --wait")]
pub(crate) struct Restart {
    /// The table's name
    pub(crate) name: String,
    /// Wait until players can join or the table needs attention
    #[arg(short, long)]
    pub(crate) wait: bool,
    /// Restart without asking, even if people are playing
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// Take the license that a table waits for from a table where no one is playing.
///
/// That table is stopped in the ordinary way, without waiting for the ten minutes that it may stay empty.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance take-license friday-night --wait")]
pub(crate) struct TakeLicense {
    /// The name of the table that waits
    pub(crate) name: String,
    /// Wait until players can join or the table needs attention
    #[arg(short, long)]
    pub(crate) wait: bool,
}

/// Rename a table.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance rename friday-night saturday-night")]
pub(crate) struct Rename {
    /// The table's name
    pub(crate) name: String,
    /// The new name
    pub(crate) to: String,
    /// The new title
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
}

/// Delete a table and all of its data.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  refractory instance delete friday-night --confirm friday-night --wait"
)]
pub(crate) struct Delete {
    /// The table's name
    pub(crate) name: String,
    /// The table's name again, to skip the question
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
    /// Wait until it is done
    #[arg(short, long)]
    pub(crate) wait: bool,
}

/// Replace a table's uploads key.
///
/// Foundry uses the new key from its next start on. The old key works until the table is next off, and is then deleted.
/// If uploads are stored with the table's data, there is no key, and the command says so.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance rotate-key friday-night")]
pub(crate) struct RotateKey {
    /// The table's name
    pub(crate) name: String,
}

/// Print a table's log.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  refractory instance logs friday-night -f")]
pub(crate) struct Logs {
    /// The table's name
    pub(crate) name: String,
    /// Keep printing new lines
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// The number of past lines to print
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) lines: usize,
}

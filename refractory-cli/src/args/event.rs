//! `event`.
use std::num::NonZeroUsize;

use clap::{Args, Subcommand};

/// What can be asked of the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum EventCommand {
    /// The latest entries, newest first
    #[command(visible_alias = "ls")]
    List(List),
}

/// The latest entries of the audit log, newest first.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  refractory event list --kind sign-in-failed\n  refractory event list --instance friday-night -n 20\n  refractory event list --follow"
)]
pub(crate) struct List {
    /// Only entries about this table
    #[arg(long, value_name = "NAME")]
    pub(crate) instance: Option<String>,
    /// Only entries that this user caused
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Only entries of this kind, such as role-changed, start-requested, sign-in-failed
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// How many entries to show
    #[arg(short = 'n', long, value_name = "COUNT", default_value = "50")]
    pub(crate) limit: NonZeroUsize,
    /// Show the newest entry last, and each new one as it is written
    #[arg(short, long)]
    pub(crate) follow: bool,
}

//! `backup`, `operation` and `deployment`.
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use refractory_core::{BackupId, OperationId};

const CREATE: &str = "\
Examples:
  refractory backup create friday-night --wait
  refractory backup create friday-night --stop

Data is copied while the table is off. With `--stop`, a table that is on is stopped first and starts
again by itself afterwards. The backup is read back before it counts as made.

One operation on the backups of a table runs at a time. With `--wait`, the command waits for one that
runs already, and then makes its own backup.";

const RESTORE: &str = "\
Examples:
  refractory backup restore 4fjx2k9mq7tz --confirm friday-night --wait
  refractory backup restore 4fjx2k9mq7tz --into new-table --confirm new-table

All data of the table is replaced. The table must be off; a start that is asked for meanwhile follows
when all of the data is there.";

/// What can be done to backups of tables.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// Copy a table's data
    #[command(after_help = CREATE)]
    Create(CreateBackup),
    /// A table's backups, newest first; those of deleted tables
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  refractory backup list friday-night\n  refractory backup list --deleted"
    )]
    List(ListBackups),
    /// One backup
    Show(OneBackup),
    /// Put a backup in the place of a table's data
    #[command(after_help = RESTORE)]
    Restore(RestoreBackup),
    /// Read a backup back and compare it with what was written
    #[command(after_help = "Example:\n  refractory backup verify 4fjx2k9mq7tz --wait")]
    Verify(VerifyBackup),
    /// Delete a backup
    #[command(
        after_help = "Example:\n  refractory backup delete 4fjx2k9mq7tz --confirm 4fjx2k9mq7tz"
    )]
    Delete(DeleteBackup),
    /// The former name of `deployment backup`
    #[command(name = "self", hide = true)]
    Own(CopyDeployment),
    /// The former name of `deployment restore`
    #[command(hide = true)]
    RestoreSelf(RestoreDeployment),
}

/// Copy a table's data.
#[derive(Debug, Args)]
pub(crate) struct CreateBackup {
    /// The table's name
    pub(crate) name: String,
    /// Stop the table for it, if it is on
    #[arg(long)]
    pub(crate) stop: bool,
    /// Wait until it is done
    #[arg(short, long)]
    pub(crate) wait: bool,
}

/// A table's backups, newest first.
#[derive(Debug, Args)]
pub(crate) struct ListBackups {
    /// The table's name
    #[arg(required_unless_present = "deleted")]
    pub(crate) name: Option<String>,
    /// Those of tables that were deleted
    #[arg(long, conflicts_with = "name")]
    pub(crate) deleted: bool,
    /// How many to show
    #[arg(short = 'n', long, value_name = "COUNT", default_value = "50")]
    pub(crate) limit: NonZeroUsize,
}

/// One backup.
#[derive(Debug, Args)]
pub(crate) struct OneBackup {
    /// The backup's ID
    pub(crate) id: BackupId,
}

/// Put a backup in the place of a table's data.
#[derive(Debug, Args)]
pub(crate) struct RestoreBackup {
    /// The backup's ID
    pub(crate) id: BackupId,
    /// Another table whose data is replaced [default: the backup's own table]
    #[arg(long, value_name = "NAME")]
    pub(crate) into: Option<String>,
    /// The name of the table whose data is replaced, to skip the question
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
    /// Wait until it is done
    #[arg(short, long)]
    pub(crate) wait: bool,
}

/// Read a backup back.
#[derive(Debug, Args)]
pub(crate) struct VerifyBackup {
    /// The backup's ID
    pub(crate) id: BackupId,
    /// Wait until it is done
    #[arg(short, long)]
    pub(crate) wait: bool,
}

/// Delete a backup.
#[derive(Debug, Args)]
pub(crate) struct DeleteBackup {
    /// The backup's ID
    pub(crate) id: BackupId,
    /// The ID once more, to skip the question
    #[arg(long, value_name = "ID")]
    pub(crate) confirm: Option<String>,
    /// Wait until it is done
    #[arg(short, long)]
    pub(crate) wait: bool,
}

const COPY: &str = "\
Example:
  refractory deployment backup /backup/refractory-$(date +%F).tar.gz

It works while `up` runs. The file holds the database and `secret.key`: anyone who has it can read
license keys and administrators' passwords, so keep it as you keep those. Data of tables, releases
and snapshots are not in it: copy `data`, `releases` and `snapshots` of the data folder as well.";

const PUT_BACK: &str = "\
Example:
  refractory deployment restore /backup/refractory-2026-11-28.tar.gz --data /srv/refractory

The data folder must be empty. Put `data`, `releases` and `snapshots` back into it afterwards, then
start `refractory up`.";

/// What can be done to the deployment itself.
#[derive(Debug, Subcommand)]
pub(crate) enum DeploymentCommand {
    /// Copy the deployment's own records and keys, consistent at one moment, into one file
    #[command(after_help = COPY)]
    Backup(CopyDeployment),
    /// Put such a copy into an empty data folder
    #[command(after_help = PUT_BACK)]
    Restore(RestoreDeployment),
}

/// Copy the deployment's own records and keys.
#[derive(Debug, Args)]
pub(crate) struct CopyDeployment {
    /// The file to make
    pub(crate) file: PathBuf,
    /// Replace an earlier backup
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// Put such a copy into an empty data folder.
#[derive(Debug, Args)]
pub(crate) struct RestoreDeployment {
    /// The file to read
    pub(crate) file: PathBuf,
}

/// What can be done to operations.
#[derive(Debug, Subcommand)]
pub(crate) enum OperationCommand {
    /// Operations, newest first
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  refractory operation list\n  refractory operation list friday-night"
    )]
    List(ListOperations),
    /// One operation, step by step
    Show(OneOperation),
    /// End an operation and undo what it has begun
    #[command(after_help = "Example:\n  refractory operation cancel 4fjx2k9mq7tz")]
    Cancel(OneOperation),
}

/// Operations, newest first.
#[derive(Debug, Args)]
pub(crate) struct ListOperations {
    /// Only those on this table
    pub(crate) name: Option<String>,
    /// How many to show
    #[arg(short = 'n', long, value_name = "COUNT", default_value = "50")]
    pub(crate) limit: NonZeroUsize,
}

/// One operation.
#[derive(Debug, Args)]
pub(crate) struct OneOperation {
    /// The operation's ID
    pub(crate) id: OperationId,
}

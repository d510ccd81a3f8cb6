//! `admin-key`.
use clap::Subcommand;
use refractory_core::model::Slug;

/// What can be done to the administrator passwords of deleted tables.
///
/// Foundry's administrator password of a deleted table is kept for a while, as `[core] admin_key_retention` says. A new table
/// with the same name and owner gets it back.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminKeyCommand {
    /// List the deleted tables whose administrator password is kept
    #[command(visible_alias = "ls")]
    List,
    /// Delete the kept administrator password of a deleted table
    #[command(
        after_help = "Examples:\n  refractory admin-key purge friday-night\n  refractory admin-key purge friday-night --owner jane"
    )]
    Purge {
        /// The name of the deleted table
        #[arg(value_name = "NAME")]
        slug: Slug,
        /// The user who owned it [default: no user]
        #[arg(long, value_name = "USER")]
        owner: Option<String>,
    },
}

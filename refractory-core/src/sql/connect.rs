//! Connections to a database.
use std::path::Path;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use super::address::Address;
use super::error::told;
use super::options::SqlOptions;
use crate::{Error, ErrorKind, Result};

/// The connections that read and those that write: the same, except for a file of SQLite's, where one
/// connection writes, so that writers of this process queue here and not for a lock of the file's.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    pub(super) reads: DatabaseConnection,
    pub(super) writes: DatabaseConnection,
}

impl Connections {
    /// Connects to `address`; answers once the database has.
    pub(super) async fn open(address: &Address, options: &SqlOptions) -> Result<Self> {
        match address {
            #[cfg(feature = "sqlite")]
            Address::File(path) => sqlite::file(path, options).await,
            #[cfg(feature = "sqlite")]
            Address::Memory => sqlite::memory(options).await,
            #[cfg(feature = "postgres")]
            Address::Postgres(server, _) => postgres::server(server, options).await,
        }
    }
}

impl Connections {
    /// Copies a file of SQLite's as it is, before the change `change` of its tables, to a file beside it. What a server has is
    /// copied there, by the change itself.
    pub(super) async fn copy_before(&self, address: &Address, change: &str) -> Result<()> {
        match address {
            #[cfg(feature = "sqlite")]
            Address::File(path) => sqlite::copy_before(&self.writes, path, change).await,
            _ => Ok(()),
        }
    }
}

/// Writes everything that SQLite's database `writes` has, at one moment, into the empty file `to`.
pub(super) async fn copy_into(
    writes: &DatabaseConnection,
    to: &Path,
    during: &'static str,
) -> Result<()> {
    let path = to.to_str().filter(|path| !path.contains('\0')).ok_or_else(|| {
        Error::new(ErrorKind::Invalid, during)
            .about("to", to.display())
            .advise("Choose a place whose path is text.")
    })?;
    let statement = format!("VACUUM INTO '{}'", path.replace('\'', "''"));
    writes.execute_unprepared(&statement).await.map(|_| ()).map_err(|error| told(error, during))
}

/// Begins a transaction that writes.
pub(super) async fn begin(writes: &DatabaseConnection) -> Result<DatabaseTransaction> {
    // One that read first and took the lock later could find that another writer came between.
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    writes
        .begin_with_options(immediate)
        .await
        .map_err(|error| told(error, "beginning a transaction"))
}

#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "postgres")]
mod postgres;

//! Connections to a database.
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

use super::address::Address;
use super::error::told;
use super::options::SqlOptions;
use crate::Result;

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

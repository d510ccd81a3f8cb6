//! SQLite: a file that several processes may open, or memory.
use std::fs::OpenOptions;
use std::io::ErrorKind as Io;
use std::path::Path;
use std::time::Duration;

use sea_orm::SqlxSqliteConnector;
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{ConnectOptions, Error as SqlxError};

use super::Connections;
use crate::sql::error::{is_busy, told_by_driver};
use crate::sql::options::SqlOptions;
use crate::{Error, ErrorKind, Result};

pub(super) async fn file(path: &Path, options: &SqlOptions) -> Result<Connections> {
    make_private(path)?;
    let common = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(options.patience)
        .disable_statement_logging();
    let writes = connected(pool(options, 1), &common, options.patience).await.map_err(|error| {
        told_by_driver(&error, "opening the database file").about("file", path.display())
    })?;
    let reads =
        pool(options, options.connections).connect_lazy_with(common.pragma("query_only", "ON"));
    Ok(Connections {
        reads: SqlxSqliteConnector::from_sqlx_sqlite_pool(reads),
        writes: SqlxSqliteConnector::from_sqlx_sqlite_pool(writes),
    })
}

/// One connection for everything: each has a memory of its own.
pub(super) async fn memory(options: &SqlOptions) -> Result<Connections> {
    let only = SqliteConnectOptions::new()
        .filename(":memory:")
        .foreign_keys(true)
        .disable_statement_logging();
    let pool = connected(pool(options, 1), &only, options.patience)
        .await
        .map_err(|error| told_by_driver(&error, "opening a database in memory"))?;
    let writes = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    Ok(Connections { reads: writes.clone(), writes })
}

fn pool(options: &SqlOptions, connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(options.patience)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// Opens until no other process is in the way: changing the journal of a new file asks for all of it,
/// and there SQLite does not wait by itself.
async fn connected(
    pool: SqlitePoolOptions,
    options: &SqliteConnectOptions,
    patience: Duration,
) -> Result<SqlitePool, SqlxError> {
    const PAUSE: Duration = Duration::from_millis(10);
    let until = tokio::time::Instant::now() + patience;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && tokio::time::Instant::now() < until => {
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

/// Makes an empty file that only its owner may read, unless there is one. SQLite gives the files beside it
/// the same rights.
fn make_private(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == Io::AlreadyExists => Ok(()),
        Err(error) => Err(cannot_make(path, error)),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what else a disk may say is shown")]
fn cannot_make(path: &Path, error: std::io::Error) -> Error {
    let shown = path.display();
    let (kind, advice) = match error.kind() {
        Io::NotFound | Io::NotADirectory => (
            ErrorKind::Invalid,
            format!(
                "The folder of the database file `{shown}` doesn't exist. Create it, or name another one."
            ),
        ),
        Io::PermissionDenied | Io::ReadOnlyFilesystem => (
            ErrorKind::Forbidden,
            format!(
                "The database file `{shown}` can't be created. Let this user write to its folder."
            ),
        ),
        Io::StorageFull | Io::QuotaExceeded => {
            (ErrorKind::Exhausted, "The disk is full. Free some space, then try again.".to_owned())
        }
        _ => (
            ErrorKind::Unavailable,
            format!("The database file `{shown}` can't be created: {error}."),
        ),
    };
    Error::new(kind, "making the database file").advise(advice).caused_by(error)
}

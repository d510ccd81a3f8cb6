//! SQLite: a file that several processes may open, or memory.
use std::fs::OpenOptions;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sea_orm::sqlx::{ConnectOptions, Error as SqlxError};
use sea_orm::{DatabaseConnection, SqlxSqliteConnector};

use super::{Connections, copy_into};
use crate::sql::error::{is_busy, is_the_disk, told_by_driver};
use crate::sql::options::SqlOptions;
use crate::{Error, ErrorKind, Result};

/// How many pages of 4 KiB the log grows to before it is taken over into the file: a heartbeat every few seconds fills that in
/// minutes, so a copy of the file alone is never older.
const LOG: &str = "64";

pub(super) async fn file(path: &Path, options: &SqlOptions) -> Result<Connections> {
    make_private(path)?;
    let common = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(options.patience)
        .disable_statement_logging();
    let usual = common
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .pragma("wal_autocheckpoint", LOG);
    let error = match connected(pool(options, 1), &usual, options.patience).await {
        Ok(writes) => {
            let reads = pool(options, options.connections)
                .connect_lazy_with(usual.pragma("query_only", "ON"));
            return Ok(Connections {
                reads: SqlxSqliteConnector::from_sqlx_sqlite_pool(reads),
                writes: SqlxSqliteConnector::from_sqlx_sqlite_pool(writes),
            });
        }
        Err(error) => error,
    };
    let told = told_by_driver(&error, "opening the database file").about("file", path.display());
    if !is_the_disk(&error) || !holds_anything(path) {
        return Err(told);
    }
    match on_a_bad_disk(path, &common, &usual, options).await {
        Some(only) => {
            tracing::error!(error = %told, "the disk of the database is full or may only be read: what is there is served");
            let writes = SqlxSqliteConnector::from_sqlx_sqlite_pool(only);
            Ok(Connections { reads: writes.clone(), writes })
        }
        None => Err(told),
    }
}

/// One connection to a database that cannot have files beside it, or may only be read. The first way works on once there is
/// space; the others read, and cannot write.
async fn on_a_bad_disk(
    path: &Path,
    common: &SqliteConnectOptions,
    usual: &SqliteConnectOptions,
    options: &SqlOptions,
) -> Option<SqlitePool> {
    // Not `query_only`: that would forbid a copy of it elsewhere, too.
    let reading = common.clone().read_only(true);
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    // What nobody may write needs no lock; a log that is not empty would be overlooked.
    let still = std::fs::metadata(Path::new(&log)).is_ok_and(|log| log.len() > 0);
    let ways = [
        Some(usual.clone().locking_mode(SqliteLockingMode::Exclusive)),
        Some(reading.clone()),
        (!still).then(|| reading.immutable(true)),
    ];
    for way in ways.into_iter().flatten() {
        if let Ok(pool) = pool(options, 1).connect_with(way).await
            && sea_orm::sqlx::query("SELECT count(*) FROM sqlite_master")
                .execute(&pool)
                .await
                .is_ok()
        {
            return Some(pool);
        }
    }
    None
}

/// Copies the database to `refractory.db.before-CHANGE`: what an older version can go back to.
pub(super) async fn copy_before(
    writes: &DatabaseConnection,
    path: &Path,
    change: &str,
) -> Result<()> {
    const DURING: &str = "copying the database before an update";
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".before-{change}{end}"));
        PathBuf::from(name)
    };
    // Under another name until it is whole.
    let (draft, copy) = (beside(".part"), beside(""));
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Unavailable, DURING)
            .about("to", copy.display())
            .advise("The database can't be copied before the update. Make room and let this user write beside it, then try again. Nothing was changed.")
            .caused_by(error)
    };
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != Io::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    make_private(&draft)?;
    copy_into(writes, &draft, DURING).await?;
    std::fs::rename(&draft, &copy).map_err(failed)?;
    tracing::info!(copy = %copy.display(), "the database was copied before its update");
    Ok(())
}

fn holds_anything(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.len() > 0)
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

/// Makes an empty file that only its owner may read, unless there is one; then sees to it that others cannot. SQLite gives
/// the files beside it the same rights.
fn make_private(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != Io::AlreadyExists => return Err(cannot_make(path, error)),
        Ok(_) | Err(_) => {}
    }
    keep_private(path);
    Ok(())
}

/// Takes from others what they could read: an older file, or one that an odd umask made. A disk that keeps it from being done is
/// no reason not to open the file.
#[cfg(unix)]
fn keep_private(path: &Path) {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let only_owner = |path: &Path| match metadata(path)?.permissions().mode() & 0o777 {
        0o600 => Ok(()),
        _ => set_permissions(path, Permissions::from_mode(0o600)),
    };
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        if let Err(error) = only_owner(Path::new(&name))
            && error.kind() != Io::NotFound
        {
            tracing::warn!(file = %Path::new(&name).display(), %error, "others may be able to read this");
        }
    }
}

#[cfg(not(unix))]
fn keep_private(_: &Path) {}

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

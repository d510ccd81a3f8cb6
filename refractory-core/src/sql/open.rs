//! Opening a database.
use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sea_orm_migration::MigratorTrait;

use super::error::translate;
use super::migration::Migrations;
use super::store::SqlStore;
use crate::{Error, ErrorKind, Result, Secret};

/// How to open a database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqlOptions {
    /// Connections at most. A `SQLite` database in memory has one, whatever this says.
    pub connections: u32,
    /// How long a statement waits for another writer, and a caller for a connection.
    pub patience: Duration,
}

impl Default for SqlOptions {
    fn default() -> Self {
        Self { connections: 4, patience: Duration::from_secs(5) }
    }
}

impl SqlStore {
    /// Opens the database at `url` (`sqlite://FILE`, `sqlite::memory:` or `postgres://…`) and brings its tables up to date.
    ///
    /// Several processes may open one database at the same moment.
    ///
    /// # Errors
    ///
    /// `Invalid` (the URL, or a database of a newer version), `Forbidden`, `Unavailable`, `Exhausted`; `Unexpected` for a damaged one.
    pub async fn open(url: &Secret, options: &SqlOptions) -> Result<Self> {
        let scheme = url.expose().split(':').next().unwrap_or_default();
        if !supported(scheme) {
            return Err(Error::new(ErrorKind::Unsupported, "opening the database").advise(format!(
                "This build of Refractory knows no `{scheme}` databases. PostgreSQL needs one built with `--features full`."
            )));
        }
        let connect = connect_options(url, options);
        let database = Database::connect(connect)
            .await
            .map_err(|error| translate(error, "opening the database"))?;
        migrate(&database).await?;
        Ok(Self::over(database))
    }
}

fn supported(scheme: &str) -> bool {
    (cfg!(feature = "sqlite") && scheme == "sqlite")
        || (cfg!(feature = "postgres") && matches!(scheme, "postgres" | "postgresql"))
}

fn connect_options(url: &Secret, options: &SqlOptions) -> ConnectOptions {
    let mut connect = ConnectOptions::new(url.expose());
    let in_memory = url.expose().contains(":memory:");
    connect
        .max_connections(if in_memory { 1 } else { options.connections })
        .min_connections(1)
        .connect_timeout(options.patience)
        .acquire_timeout(options.patience)
        .sqlx_logging(false);
    if in_memory {
        // A database in memory ends with its last connection.
        connect.idle_timeout(None).max_lifetime(None);
    }
    #[cfg(feature = "sqlite")]
    {
        let patience = options.patience;
        connect.map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .create_if_missing(true)
                .busy_timeout(patience)
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "NORMAL")
        });
    }
    connect
}

/// Brings the tables up to date. Another process may be doing the same: who loses that race looks again.
async fn migrate(database: &DatabaseConnection) -> Result<()> {
    const TRIES: u32 = 5;
    let mut tries = 0;
    loop {
        tries += 1;
        match Migrations::up(database, None).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                let error = translate(error, "bringing the database up to date");
                let lost_race =
                    matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Unavailable);
                if !lost_race || tries == TRIES {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(50) * tries).await;
            }
        }
    }
}

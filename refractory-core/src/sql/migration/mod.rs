//! How the tables come to be as this version needs them.
mod m0001_rows;

use sea_orm::sea_query::IntoIden;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, DynIden,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

use super::connect::begin;
use super::error::told;
use crate::{Error, ErrorKind, Result};

/// Every change of the tables, oldest first. One that was released never changes again.
struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_rows::Migration)]
    }

    fn migration_table_name() -> DynIden {
        "refractory_migration".into_iden()
    }
}

/// Brings the tables up to date, or refuses a database that a newer version has changed.
///
/// One query where nothing is to be done. Otherwise one process at a time, in one transaction.
pub(super) async fn migrate(database: &DatabaseConnection) -> Result<()> {
    // A failure is no answer: the tables may be missing. What else it may be shows below.
    if let Ok(applied) = applied(database).await
        && !is_behind(&applied)?
    {
        return Ok(());
    }
    let transaction = begin(database).await?;
    locked(&transaction).await.map_err(|error| told(error, "bringing the database up to date"))?;
    transaction.commit().await.map_err(|error| told(error, "bringing the database up to date"))
}

async fn locked(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    // SQLite's transaction has the only write lock there is; PostgreSQL has a lock for any purpose.
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared("SELECT pg_advisory_xact_lock(7264736674)").await?;
    }
    Migrator::up(transaction, None).await
}

async fn applied(database: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let query = sea_orm::sea_query::Query::select()
        .column("version")
        .from(Migrator::migration_table_name())
        .take();
    let rows = database.query_all(&query).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

fn is_behind(applied: &[String]) -> Result<bool> {
    let known = Migrator::migrations();
    if let Some(newer) = applied.iter().find(|name| known.iter().all(|known| known.name() != *name))
    {
        return Err(Error::new(ErrorKind::Invalid, "opening the database")
            .about("migration", newer)
            .advise(
                "This database was made by a newer version of Refractory. Run that version, or \
                 restore a backup from before the update; nothing was changed.",
            ));
    }
    Ok(applied.len() < known.len())
}

//! How the tables come to be as this version needs them.
//!
//! Changes are few and go one way, so this is a list. `sea-orm-migration` would do it as well, and brings times, decimals and
//! the reading of foreign schemas into every build.
mod m0001_rows;
mod m0002_records;
mod reindex;

use sea_orm::sea_query::{ColumnDef, Expr, ExprTrait, Func, IntoIden, Query, Table};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, DynIden, Statement,
};

use super::connect::begin;
use super::error::told;
use crate::{Error, ErrorKind, Result};

/// A change of the tables.
struct Migration {
    name: &'static str,
    statements: fn(DbBackend) -> Vec<Statement>,
    /// Whether records have other places in the indexes afterward.
    reindexes: bool,
}

/// All of them, oldest first. One that was released never changes again.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "m0001_rows", statements: m0001_rows::statements, reindexes: false },
    Migration { name: "m0002_records", statements: m0002_records::statements, reindexes: true },
    // Instances by those who see them.
    Migration { name: "m0003_access", statements: |_| Vec::new(), reindexes: true },
    // Instances by release.
    Migration { name: "m0004_releases", statements: |_| Vec::new(), reindexes: true },
];

/// Where the names of those lie that this database has had.
const TABLE: &str = "refractory_migration";

/// Brings the tables up to date, or refuses a database that a newer version has changed.
///
/// One query where nothing is to be done. Otherwise one process at a time, in one transaction.
pub(super) async fn migrate(database: &DatabaseConnection) -> Result<()> {
    const DURING: &str = "bringing the database up to date";
    // A failure is no answer: the tables may be missing. What else it may be shows below.
    if let Ok(applied) = applied(database).await
        && !is_behind(&applied)?
    {
        return Ok(());
    }
    let transaction = begin(database).await?;
    alone(&transaction).await.map_err(|error| told(error, DURING))?;
    let applied = applied(&transaction).await.map_err(|error| told(error, DURING))?;
    is_behind(&applied)?;
    let ahead = MIGRATIONS.iter().filter(|known| applied.iter().all(|name| name != known.name));
    let mut reindexes = false;
    for migration in ahead {
        apply(&transaction, migration).await.map_err(|error| told(error, DURING))?;
        reindexes |= migration.reindexes;
    }
    if reindexes {
        reindex::reindex(&transaction).await.map_err(|error| told(error, DURING))?;
    }
    transaction.commit().await.map_err(|error| told(error, DURING))
}

/// Sees to it that no other process does the same, and that there is a place to write down what was done.
async fn alone(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    // SQLite's transaction has the only write lock there is; PostgreSQL has a lock for any purpose.
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared("SELECT pg_advisory_xact_lock(7264736674)").await?;
    }
    let kept = Table::create()
        .table(TABLE)
        .if_not_exists()
        .col(ColumnDef::new("version").string().not_null().primary_key())
        .take();
    transaction.execute(&kept).await?;
    drop_first_form(transaction).await
}

/// The first version wrote down when each was applied, and nothing asks for it.
async fn drop_first_form(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    const COLUMN: &str = "applied_at";
    let found = match transaction.get_database_backend() {
        DbBackend::Postgres => Query::select()
            .expr(Expr::value(1))
            .from(("information_schema", "columns"))
            .and_where(Expr::col("table_name").eq(TABLE))
            .and_where(Expr::col("column_name").eq(COLUMN))
            .take(),
        DbBackend::Sqlite | DbBackend::MySql | _ => Query::select()
            .expr(Expr::value(1))
            .from_function(Func::cust("pragma_table_info").arg(TABLE), "columns")
            .and_where(Expr::col("name").eq(COLUMN))
            .take(),
    };
    if transaction.query_one(&found).await?.is_some() {
        let dropped = Table::alter().table(TABLE).drop_column(COLUMN).take();
        transaction.execute(&dropped).await?;
    }
    Ok(())
}

/// The first of the changes that a database with records still needs; `None` for a new one, and for one that is up to date.
pub(super) async fn outstanding(database: &DatabaseConnection) -> Result<Option<&'static str>> {
    let Ok(applied) = applied(database).await else { return Ok(None) };
    if applied.is_empty() || !is_behind(&applied)? {
        return Ok(None);
    }
    let missing = MIGRATIONS.iter().find(|known| applied.iter().all(|name| name != known.name));
    Ok(missing.map(|migration| migration.name))
}

async fn apply(transaction: &DatabaseTransaction, migration: &Migration) -> Result<(), DbErr> {
    for statement in (migration.statements)(transaction.get_database_backend()) {
        transaction.execute_raw(statement).await?;
    }
    let mut done = Query::insert().into_table(TABLE).columns(["version"]).take();
    transaction.execute(done.values_panic([migration.name.into()])).await.map(|_| ())
}

async fn applied(database: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let query = Query::select().column("version").from(TABLE).take();
    let rows = database.query_all(&query).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

fn is_behind(applied: &[String]) -> Result<bool> {
    if let Some(newer) =
        applied.iter().find(|name| MIGRATIONS.iter().all(|known| known.name != *name))
    {
        return Err(Error::new(ErrorKind::Invalid, "opening the database")
            .about("migration", newer)
            .advise(
                "This database was created by a newer version of Refractory. Run that version, or \
                 restore a backup from before the update. Nothing was changed.",
            ));
    }
    Ok(applied.len() < MIGRATIONS.len())
}

fn column(name: &'static str) -> DynIden {
    name.into_iden()
}

/// A text that is compared by its bytes, as ids are ordered everywhere.
fn text(backend: DbBackend, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text().not_null();
    if backend == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column.take()
}

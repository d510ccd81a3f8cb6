//! The store.
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait, ExprTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait,
};

use super::address::Address;
use super::connect::{Connections, begin};
use super::entity::{row, row_key};
use super::error::told;
use super::json::{self, FORMAT};
use super::migration::migrate;
use super::options::SqlOptions;
use crate::ports::{Body, DamagedRecord, Head, Kind, Records, Store};
use crate::{Error, ErrorKind, Result, Secret, async_trait};

/// A store in a SQL database: SQLite or PostgreSQL, by its URL.
///
/// Any number of processes may have one database open. Clones share their connections.
#[derive(Clone)]
pub struct SqlStore {
    connections: Connections,
    address: String,
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqlStore({})", self.address)
    }
}

impl SqlStore {
    /// Opens the database at `url`, makes it where there is none (a file, its tables), and brings its
    /// tables up to date.
    ///
    /// `sqlite:path`, `sqlite::memory:` or `postgres://user:password@host:port/database`. A path is taken
    /// as it is, but for a `?`, which is written `%3F`. A new file may be read by its owner only; its folder must exist.
    ///
    /// # Errors
    ///
    /// `Invalid` (the URL cannot be read, a folder or a database that it names does not exist, a newer
    /// version has changed the tables), `Unsupported` (this kind of database is not built in),
    /// `Forbidden` (a password or a right is missing), `Unavailable` (no answer), `Exhausted` (no space),
    /// `Unexpected` (a damaged file).
    pub async fn open(url: &Secret, options: &SqlOptions) -> Result<Self> {
        Self::at(Address::read(url.expose())?, options).await
    }

    /// The same for the file of `SQLite`'s at `path`, whatever characters are in it.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_file(path: &Path, options: &SqlOptions) -> Result<Self> {
        Self::at(Address::of_file(path)?, options).await
    }

    async fn at(address: Address, options: &SqlOptions) -> Result<Self> {
        let connections = Connections::open(&address, options)
            .await
            .map_err(|error| error.about("database", &address))?;
        migrate(&connections.writes).await.map_err(|error| error.about("database", &address))?;
        let store = Self { connections, address: address.to_string() };
        // A file alone is then something: what a crash or a copy parts from its log is not taken for a new database.
        store.checkpoint(Checkpoint::Passive).await;
        Ok(store)
    }

    /// Ends all connections, once the calls in hand have ended. Later calls are `Unavailable`. A file of `SQLite`'s then holds
    /// everything by itself, unless another process has it open.
    ///
    /// # Errors
    ///
    /// As the database tells it.
    pub async fn close(&self) -> Result<()> {
        const DURING: &str = "closing the database";
        self.checkpoint(Checkpoint::Whole).await;
        let Connections { reads, writes } = &self.connections;
        reads.close_by_ref().await.map_err(|error| told(error, DURING))?;
        writes.close_by_ref().await.map_err(|error| told(error, DURING))
    }

    /// Takes what was written over from SQLite's log into its file. Best effort: the log keeps what could not be taken over.
    async fn checkpoint(&self, how: Checkpoint) {
        let writes = &self.connections.writes;
        if writes.get_database_backend() == DbBackend::Sqlite
            && let Err(error) = writes.execute_unprepared(how.statement()).await
        {
            tracing::debug!(%error, "the log of the database stays as it is");
        }
    }

    /// The rows of `kind` for which `also` holds, as the table has them, in order of id.
    async fn models(
        &self,
        kind: Kind,
        also: Option<Expr>,
        during: &'static str,
    ) -> Result<Vec<row::Model>> {
        let mut query = row::Entity::find().filter(row::Column::Kind.eq(kind.name()));
        if let Some(also) = also {
            query = query.filter(also);
        }
        let query = query.order_by_asc(row::Column::Id).into_query();
        let found = self.connections.reads.query_all(&query).await;
        let found = found.map_err(|error| self.about(error, during))?;
        Ok(found.iter().map(|found| json::model_of(kind, found)).collect())
    }

    /// The texts that the row `id` of `kind` claims.
    async fn texts(&self, kind: Kind, id: &str) -> Result<Vec<String>> {
        let query = row_key::Entity::find()
            .filter(row_key::Column::Kind.eq(kind.name()))
            .filter(row_key::Column::Id.eq(id))
            .order_by_asc(row_key::Column::UniqueText);
        let found = query.all(&self.connections.reads).await;
        let found = found.map_err(|error| self.about(error, "reading the texts of a row"))?;
        Ok(found.into_iter().map(|key| key.unique_text).collect())
    }

    fn about(&self, error: DbErr, during: &'static str) -> Error {
        told(error, during).about("database", &self.address)
    }

    async fn finish<T>(&self, work: DatabaseTransaction, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(value) => {
                work.commit().await.map_err(|error| self.about(error, "writing a row"))?;
                Ok(value)
            }
            Err(error) => {
                // What the work met is what matters; a connection that is gone rolls back by itself.
                let _ = work.rollback().await;
                Err(error.about("database", &self.address))
            }
        }
    }
}

/// How much of SQLite's log is taken over into its file.
#[derive(Debug, Clone, Copy)]
enum Checkpoint {
    /// What nobody is reading just now. Waits for nobody.
    Passive,
    /// All of it; the log is empty then.
    Whole,
}

impl Checkpoint {
    fn statement(self) -> &'static str {
        match self {
            Self::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
            Self::Whole => "PRAGMA wal_checkpoint(TRUNCATE)",
        }
    }
}

/// Whether what was done to `kind` is worth taking over at once: without it a deployment looks like another, or like a new one.
/// Whatever else there is follows within the log's bound.
fn is_precious(kind: Kind) -> bool {
    match kind {
        Kind::User
        | Kind::License
        | Kind::Release
        | Kind::Instance
        | Kind::Secret
        | Kind::Deployment => true,
        Kind::Token | Kind::Event | Kind::Worker | Kind::AdminGuard => false,
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn insert(&self, row: &Body) -> Result<Body> {
        let work = begin(&self.connections.writes).await?;
        let outcome = add(&work, &row.clone().at_revision(1)).await;
        let added = self.finish(work, outcome).await?;
        if is_precious(row.kind()) {
            self.checkpoint(Checkpoint::Passive).await;
        }
        Ok(added)
    }

    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Body>> {
        let one = row::Column::Id.eq(id);
        let found = self.models(kind, Some(one), "loading a row").await?;
        found.first().map(|model| json::read(kind, model)).transpose()
    }

    async fn find(&self, kind: Kind, unique: &str) -> Result<Option<Body>> {
        let holder = row_key::Entity::find()
            .select_only()
            .column(row_key::Column::Id)
            .filter(row_key::Column::Kind.eq(kind.name()))
            .filter(row_key::Column::UniqueText.eq(unique))
            .into_query();
        let one = row::Column::Id.in_subquery(holder);
        let found = self.models(kind, Some(one), "finding a row").await?;
        found.first().map(|model| json::read(kind, model)).transpose()
    }

    async fn list(&self, kind: Kind) -> Result<Vec<Body>> {
        Ok(self.scan(kind).await?.rows)
    }

    async fn scan(&self, kind: Kind) -> Result<Records> {
        let mut all = Records::default();
        for model in self.models(kind, None, "listing rows").await? {
            match json::read(kind, &model) {
                Ok(row) => all.rows.push(row),
                Err(error) => {
                    let unique = self.texts(kind, &model.id).await?;
                    all.damaged.push(json::record(kind, model, unique, &error));
                }
            }
        }
        Ok(all)
    }

    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        const DURING: &str = "removing a damaged record";
        let about = |kind| Error::new(kind, DURING).about("id", &record.id);
        let stored = self.scan(record.kind).await?;
        let is_it = |now: &DamagedRecord| now.id == record.id;
        match stored.damaged.into_iter().find(is_it) {
            None if stored.rows.iter().any(|row| row.id() == record.id) => {
                return Err(about(ErrorKind::Conflict));
            }
            None => return Err(about(ErrorKind::NotFound)),
            Some(now) if now != *record => return Err(about(ErrorKind::Conflict)),
            Some(_) => {}
        }
        // Its columns may hold anything, so it is told by what it was found by; nobody writes what nobody can read.
        let deleted = row::Entity::delete_many()
            .filter(row::Column::Kind.eq(record.kind.name()))
            .filter(row::Column::Id.eq(&*record.id))
            .exec(&self.connections.writes)
            .await
            .map_err(|error| self.about(error, DURING))?;
        if deleted.rows_affected == 0 {
            return Err(about(ErrorKind::NotFound));
        }
        self.checkpoint(Checkpoint::Passive).await;
        Ok(())
    }

    async fn heads(&self, kind: Kind) -> Result<Vec<Head>> {
        let query = row::Entity::find()
            .select_only()
            .column(row::Column::Id)
            .column(row::Column::Revision)
            .filter(row::Column::Kind.eq(kind.name()))
            .order_by_asc(row::Column::Id)
            .into_query();
        let found = self.connections.reads.query_all(&query).await;
        let found = found.map_err(|error| self.about(error, "listing revisions"))?;
        let head = |found: &QueryResult| {
            let revision = found.try_get::<i64>("", "revision").unwrap_or_default();
            let id = found.try_get("", "id").ok()?;
            Some(Head { id, revision: u64::try_from(revision).unwrap_or_default() })
        };
        Ok(found.iter().filter_map(head).collect())
    }

    async fn save(&self, row: &Body) -> Result<Body> {
        let writes = &self.connections.writes;
        let saved = overwrite(writes, row, Some(keeps_its_texts(row))).await;
        if let Some(saved) = saved.map_err(|error| error.about("database", &self.address))? {
            return Ok(saved);
        }
        let work = begin(&self.connections.writes).await?;
        let outcome = replace(&work, row).await;
        self.finish(work, outcome).await
    }

    async fn delete(&self, row: &Body) -> Result<()> {
        let work = begin(&self.connections.writes).await?;
        let outcome = remove(&work, row).await;
        self.finish(work, outcome).await
    }

    async fn copy_to(&self, to: &Path) -> Result<()> {
        const DURING: &str = "copying the database";
        let writes = &self.connections.writes;
        if writes.get_database_backend() != DbBackend::Sqlite {
            return Err(Error::new(ErrorKind::Unsupported, DURING).about("database", &self.address).advise(
                "The database is PostgreSQL's. Copy it with `pg_dump`, which sees one moment of it while others go on.",
            ));
        }
        let path = to.to_str().filter(|path| !path.contains('\0')).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, DURING)
                .about("to", to.display())
                .advise("Choose a place whose path is text.")
        })?;
        let statement = format!("VACUUM INTO '{}'", path.replace('\'', "''"));
        let copied = writes.execute_unprepared(&statement);
        copied.await.map_err(|error| self.about(error, DURING))?;
        Ok(())
    }

    /// The files beside SQLite's stay, empty: they could not be made again on a disk that is full by then.
    async fn close(&self) -> Result<()> {
        self.checkpoint(Checkpoint::Whole).await;
        Ok(())
    }
}

/// A revision as the database counts it; one that it cannot count is one that no row has.
fn counted(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(-1)
}

async fn add(work: &DatabaseTransaction, row: &Body) -> Result<Body> {
    let model = row::ActiveModel {
        kind: Set(row.kind().name().to_owned()),
        id: Set(row.id().to_owned()),
        revision: Set(counted(row.revision())),
        format: Set(FORMAT),
        body: Set(json::written(row)?),
    };
    let added = row::Entity::insert(model).exec_without_returning(work).await;
    added.map_err(|error| told(error, "adding a row").about("id", row.id()))?;
    claim(work, row, row.unique()).await?;
    Ok(row.clone())
}

/// Writes `row` where its revision is the stored one and `also` holds: one statement; `None` where that is not so.
async fn overwrite(
    database: &impl ConnectionTrait,
    row: &Body,
    also: Option<Expr>,
) -> Result<Option<Body>> {
    let next = row.clone().at_revision(row.revision().saturating_add(1));
    let met = row::Column::Kind
        .eq(row.kind().name())
        .and(row::Column::Id.eq(row.id()))
        .and(row::Column::Revision.eq(counted(row.revision())));
    let saved = row::Entity::update_many()
        .col_expr(row::Column::Revision, Expr::value(counted(next.revision())))
        .col_expr(row::Column::Format, Expr::value(FORMAT))
        .col_expr(row::Column::Body, Expr::value(json::written(&next)?))
        .filter(also.into_iter().fold(met, Expr::and))
        .exec(database)
        .await
        .map_err(|error| told(error, "saving a row").about("id", row.id()))?;
    Ok((saved.rows_affected > 0).then_some(next))
}

/// Holds where the texts that `row` has are the very ones that it has claimed: nearly always. They change with the
/// revision only, so a statement that compares both needs no transaction around it.
fn keeps_its_texts(row: &Body) -> Expr {
    let texts = BTreeSet::from_iter(row.unique());
    let count = i64::try_from(texts.len()).unwrap_or(i64::MAX);
    let claimed = || row_key::Entity::find().select_only().filter(of_row(row));
    let as_many = claimed().expr(row_key::Column::UniqueText.count()).into_query();
    let others = claimed()
        .column(row_key::Column::UniqueText)
        .filter(row_key::Column::UniqueText.is_not_in(texts))
        .into_query();
    Expr::from(as_many).eq(count).and(Expr::not_exists(others))
}

async fn replace(work: &DatabaseTransaction, row: &Body) -> Result<Body> {
    match overwrite(work, row, None).await? {
        Some(next) => exchange_texts(work, row).await.map(|()| next),
        None => Err(missed(work, row, "saving a row").await),
    }
}

async fn remove(work: &DatabaseTransaction, row: &Body) -> Result<()> {
    let deleted = row::Entity::delete_many()
        .filter(row::Column::Kind.eq(row.kind().name()))
        .filter(row::Column::Id.eq(row.id()))
        .filter(row::Column::Revision.eq(counted(row.revision())))
        .exec(work)
        .await
        .map_err(|error| told(error, "deleting a row").about("id", row.id()))?;
    if deleted.rows_affected == 0 { Err(missed(work, row, "deleting a row").await) } else { Ok(()) }
}

/// Why a row was not met at the revision it was read at.
async fn missed(work: &DatabaseTransaction, row: &Body, during: &'static str) -> Error {
    let at = (row.kind().name().to_owned(), row.id().to_owned());
    let kind = match row::Entity::find_by_id(at).one(work).await {
        Ok(Some(_)) => ErrorKind::Conflict,
        Ok(None) => ErrorKind::NotFound,
        Err(error) => return told(error, during),
    };
    Error::new(kind, during).about("kind", row.kind().name()).about("id", row.id())
}

fn of_row(row: &Body) -> Expr {
    row_key::Column::Kind.eq(row.kind().name()).and(row_key::Column::Id.eq(row.id()))
}

/// Releases the texts that `row` had and has no longer, and claims those it has now.
async fn exchange_texts(work: &DatabaseTransaction, row: &Body) -> Result<()> {
    let had: Vec<String> = row_key::Entity::find()
        .select_only()
        .column(row_key::Column::UniqueText)
        .filter(of_row(row))
        .into_tuple()
        .all(work)
        .await
        .map_err(|error| told(error, "reading the texts of a row"))?;
    let had = BTreeSet::from_iter(had);
    let has = BTreeSet::from_iter(row.unique());
    let released: Vec<_> = had.difference(&has).cloned().collect();
    if !released.is_empty() {
        row_key::Entity::delete_many()
            .filter(of_row(row))
            .filter(row_key::Column::UniqueText.is_in(released))
            .exec(work)
            .await
            .map_err(|error| told(error, "releasing the texts of a row"))?;
    }
    claim(work, row, has.difference(&had).cloned().collect()).await
}

async fn claim(work: &DatabaseTransaction, row: &Body, texts: Vec<String>) -> Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let key = |unique_text| row_key::ActiveModel {
        kind: Set(row.kind().name().to_owned()),
        unique_text: Set(unique_text),
        id: Set(row.id().to_owned()),
    };
    let claimed = row_key::Entity::insert_many(texts.into_iter().map(key));
    let claimed = claimed.exec_without_returning(work).await;
    claimed.map(|_| ()).map_err(|error| told(error, "claiming a unique text").about("id", row.id()))
}

#[cfg(test)]
mod tests;

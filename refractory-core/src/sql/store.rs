//! The store.
use std::fmt;
use std::path::Path;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter,
};

use super::address::Address;
use super::connect::{Connections, begin, copy_into};
use super::entity::record;
use super::error::told;
use super::migration::{migrate, outstanding};
use super::options::SqlOptions;
use super::{json, read, write};
use crate::ports::{
    Changes, DamagedRecord, Kind, Page, Position, Query, Record, Store, UniqueKey, Write,
    check_writes,
};
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
        if let Some(change) = outstanding(&connections.writes).await? {
            connections.copy_before(&address, change).await?;
        }
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

    /// What is told of a record that cannot be read.
    async fn damaged(
        &self,
        kind: Kind,
        model: record::Model,
        error: &Error,
    ) -> Result<DamagedRecord> {
        let keys = read::keys(&self.connections.reads, kind, &model.id).await;
        let keys = keys.map_err(|error| self.about(error, "reading the keys of a record"))?;
        Ok(json::record(kind, model, keys, error))
    }

    fn about(&self, error: DbErr, during: &'static str) -> Error {
        told(error, during).about("database", &self.address)
    }

    async fn finish<T>(&self, work: DatabaseTransaction, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(value) => {
                work.commit().await.map_err(|error| self.about(error, "writing records"))?;
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
        | Kind::Group
        | Kind::Membership
        | Kind::License
        | Kind::Release
        | Kind::Instance
        | Kind::Secret
        | Kind::Deployment
        | Kind::Backup
        | Kind::FrontEndRecord => true,
        Kind::Token
        | Kind::Event
        | Kind::Worker
        | Kind::AdminGuard
        | Kind::RetainedAdminKey
        | Kind::Operation => false,
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        let found = read::by_id(&self.connections.reads, kind, id).await;
        let found = found.map_err(|error| self.about(error, "loading a record"))?;
        found.map(|model| json::read(kind, &model)).transpose()
    }

    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        let found = read::by_key(&self.connections.reads, key).await;
        let found = found.map_err(|error| self.about(error, "finding a record"))?;
        found.map(|model| json::read(key.kind(), &model)).transpose()
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        let found = read::page(&self.connections.reads, query).await;
        let (found, next) = found.map_err(|error| self.about(error, "listing records"))?;
        let mut page = Page { next, ..Page::default() };
        for found in found {
            match json::read(query.kind(), &found.model) {
                Ok(record) => page.records.push(record),
                Err(error) => {
                    page.damaged.push(self.damaged(query.kind(), found.model, &error).await?);
                }
            }
        }
        Ok(page)
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        check_writes(writes)?;
        let work = begin(&self.connections.writes).await?;
        let outcome = write::commit(&work, writes).await;
        let written = self.finish(work, outcome).await?;
        let is_new = |write: &Write| matches!(write, Write::Insert(_)) && is_precious(write.at().0);
        if writes.iter().any(is_new) {
            self.checkpoint(Checkpoint::Passive).await;
        }
        Ok(written)
    }

    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let told = read::changes(&self.connections.reads, kind, after, limit).await;
        told.map_err(|error| self.about(error, "looking for changes"))
    }

    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        let (kind, id) = (record.kind, record.id.as_str());
        let about = |of| Error::new(of, DISCARDING).about("id", id);
        let found = read::by_id(&self.connections.reads, kind, id).await;
        let Some(model) = found.map_err(|error| self.about(error, DISCARDING))? else {
            return Err(about(ErrorKind::NotFound));
        };
        let now = match json::read(kind, &model) {
            Ok(_) => return Err(about(ErrorKind::Conflict)),
            Err(error) => self.damaged(kind, model, &error).await?,
        };
        if now != *record {
            return Err(about(ErrorKind::Conflict));
        }
        let work = begin(&self.connections.writes).await?;
        let outcome = discard(&work, record).await;
        self.finish(work, outcome).await?;
        self.checkpoint(Checkpoint::Passive).await;
        Ok(())
    }

    async fn position(&self, _: Kind) -> Result<Position> {
        let position = read::position(&self.connections.reads).await;
        position.map_err(|error| self.about(error, "finding the end of what was written"))
    }

    async fn copy_to(&self, to: &Path) -> Result<()> {
        const DURING: &str = "copying the database";
        let writes = &self.connections.writes;
        if writes.get_database_backend() != DbBackend::Sqlite {
            return Err(Error::new(ErrorKind::Unsupported, DURING).about("database", &self.address).advise(
                "The database is PostgreSQL's. Copy it with `pg_dump`, which sees one moment of it while others go on.",
            ));
        }
        let copied = copy_into(writes, to, DURING).await;
        copied.map_err(|error| error.about("database", &self.address))
    }

    /// The files beside SQLite's stay, empty: they could not be made again on a disk that is full by then.
    async fn close(&self) -> Result<()> {
        self.checkpoint(Checkpoint::Whole).await;
        Ok(())
    }
}

const DISCARDING: &str = "removing a damaged record";

/// Deletes a record whose columns may hold anything, so it is told by what it was found by; nothing writes what nothing can read.
async fn discard(work: &DatabaseTransaction, record: &DamagedRecord) -> Result<()> {
    let position = write::position(work).await?;
    let deleted = record::Entity::delete_many()
        .filter(record::Column::Kind.eq(record.kind.name()))
        .filter(record::Column::Id.eq(&*record.id))
        .exec(work)
        .await
        .map_err(|error| told(error, DISCARDING))?;
    if deleted.rows_affected == 0 {
        return Err(Error::new(ErrorKind::NotFound, DISCARDING).about("id", &record.id));
    }
    write::note_deletion(work, record.kind, &record.id, position).await
}

#[cfg(test)]
mod tests;

//! Where everything is written down: the only bus between processes.
mod aggregate;
mod changes;
mod collection;
mod commit;
mod damaged;
mod follow;
mod index;
mod kind;
mod tail;
mod unique;

use std::fmt::Debug;

pub use self::aggregate::{Aggregate, Record, Sealed};
pub use self::changes::{Change, Changes, Position};
pub use self::collection::{Collection, TypedPage};
pub use self::commit::{Commit, Write};
pub use self::damaged::{DamagedRecord, damaged};
pub use self::follow::{Followed, Follower};
pub use self::index::{Cursor, Index, IndexEntry, Page, Query, Scope};
pub use self::kind::Kind;
pub(crate) use self::tail::ChangeTail;
pub use self::unique::UniqueKey;
pub(crate) use self::unique::front_end_collection;
use crate::{Error, ErrorKind, Result, async_trait};

/// Where records are written down. One record is one aggregate; a write compares revisions.
///
/// Several processes may work on one store. Ids are unique within a kind, and so is every [`UniqueKey`], atomically with the
/// write that claims it: this is what makes slugs single and what keeps an instance from holding two licenses. The entries of
/// [`Aggregate::indexed`] are written with the record, and read as soon as it is.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// The record called `id`, or `None`.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Damaged`.
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>>;

    /// The record that has `key`, or `None`.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Damaged`.
    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>>;

    /// One page of the records that `query` is for, in its order. Its cost depends on the page, and not on what else is stored.
    ///
    /// Records that are there throughout the reading of all pages are on one of them, once. One that cannot be read takes a
    /// place among `damaged`.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn query(&self, query: &Query) -> Result<Page>;

    /// Makes all `writes`, or none, and returns the records as written, in their order.
    ///
    /// At most [`MAX_WRITES`], each of another record; a store may refuse fewer where they change more than a hundred keys and
    /// places. *Repeat*: a second commit of the same revisions is `Conflict`. *Dropped*:
    /// all may be written or none; load and compare.
    ///
    /// # Errors
    ///
    /// `Conflict` (an id or a unique key is taken, or another writer was first), `NotFound` (a record to save or delete is
    /// gone), `Unavailable`, `Exhausted` (no space), `Invalid` (too many writes, or two of one record), `Damaged`. About the
    /// `kind` and `id` of the record that was in the way.
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>>;

    /// Which records of `kind` were written after `after`, by any process: ids and revisions, damaged ones too, at most about
    /// `limit`. Its cost depends on what was written, and not on what is stored.
    ///
    /// A write is told once it is stored, and may be told more than once. Deletions are told of kinds that
    /// [tell them](Kind::tells_deletions), for at least a day.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes>;

    /// The position after every write of `kind` that is stored: reading on from there tells of what is written next.
    ///
    /// A store that does not answer this at once goes through all changes.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn position(&self, kind: Kind) -> Result<Position> {
        let mut position = Position::START;
        loop {
            let changes = self.changes(kind, position, 1_000).await?;
            position = changes.next;
            if !changes.more {
                return Ok(position);
            }
        }
    }

    /// Deletes a record that cannot be read, if it is still what was read, and releases its keys.
    ///
    /// # Errors
    ///
    /// `Conflict` (it is another one now, or can be read), `NotFound`, `Unavailable`, `Unsupported`.
    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        let error = Error::new(ErrorKind::Unsupported, "removing a damaged record");
        Err(error.about("kind", record.kind.name()).about("id", &record.id))
    }

    /// Writes everything there is, at one moment, into the empty file `to`, as a file of `SQLite`. Others
    /// go on reading and writing meanwhile.
    ///
    /// # Errors
    ///
    /// `Unsupported` (the database has tools of its own for that), `Exhausted`, `Unavailable`, `Forbidden`, `Invalid`.
    async fn copy_to(&self, to: &std::path::Path) -> Result<()> {
        let error = Error::new(ErrorKind::Unsupported, "copying the store");
        Err(error.about("to", to.display()))
    }

    /// Brings everything that was written to where it stays, and gives connections back. What is called later may answer
    /// `Unavailable`. Nothing that was written is lost where this is never called.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn close(&self) -> Result<()> {
        Ok(())
    }

    /// Commits the addition of one record, and returns it as written.
    ///
    /// # Errors
    ///
    /// `Conflict`, and as [`commit`](Self::commit) has them.
    async fn insert(&self, record: &Record) -> Result<Record> {
        single(self.commit(&[Write::Insert(record.clone())]).await)
    }

    /// Commits the replacement of one record, and returns it as written.
    ///
    /// # Errors
    ///
    /// `Conflict`, `NotFound`, and as [`commit`](Self::commit) has them.
    async fn save(&self, record: &Record) -> Result<Record> {
        single(self.commit(&[Write::Save(record.clone())]).await)
    }

    /// Commits the deletion of one record.
    ///
    /// # Errors
    ///
    /// `Conflict`, `NotFound`, and as [`commit`](Self::commit) has them.
    async fn delete(&self, record: &Record) -> Result<()> {
        self.commit(&[Write::Delete(record.clone())]).await.map(|_| ())
    }
}

impl dyn Store {
    /// Every page of `query`, as one.
    ///
    /// # Errors
    ///
    /// As [`query`](Store::query).
    pub async fn gather(&self, query: Query) -> Result<Page> {
        let (mut all, mut query) = (Page::default(), query);
        loop {
            let page = self.query(&query).await?;
            all.records.extend(page.records);
            all.damaged.extend(page.damaged);
            let Some(next) = page.next else { return Ok(all) };
            query = query.after(Some(next));
        }
    }

    /// Whether there is any record of `kind`, readable or not.
    ///
    /// # Errors
    ///
    /// As [`query`](Store::query).
    pub async fn holds_any(&self, kind: Kind) -> Result<bool> {
        let page = self.query(&Query::all(kind).limit(1)).await?;
        Ok(!page.records.is_empty() || !page.damaged.is_empty())
    }

    /// The ids of all records of `kind`, readable or not. For kinds of which there are few.
    ///
    /// # Errors
    ///
    /// As [`query`](Store::query).
    pub async fn ids_of(&self, kind: Kind) -> Result<Vec<String>> {
        let all = self.gather(Query::all(kind)).await?;
        Ok(all.ids().map(ToOwned::to_owned).collect())
    }

    /// The record `id` of `kind` as it is stored, if it cannot be read.
    ///
    /// # Errors
    ///
    /// As [`query`](Store::query).
    pub async fn damaged_record(&self, kind: Kind, id: &str) -> Result<Option<DamagedRecord>> {
        let page = self.query(&Query::all(kind).from(id).limit(1)).await?;
        Ok(page.damaged.into_iter().find(|record| record.id == id))
    }
}

/// The most writes of one commit.
pub const MAX_WRITES: usize = 16;

/// Refuses what no store commits.
///
/// # Errors
///
/// `Invalid`.
pub fn check_writes(writes: &[Write]) -> Result<()> {
    let mut all: Vec<_> = writes.iter().map(Write::at).collect();
    all.sort_unstable();
    let twice = all.windows(2).find(|pair| pair[0] == pair[1]);
    let error = || Error::new(ErrorKind::Invalid, "committing writes");
    match twice {
        Some(pair) => Err(error().about("kind", pair[0].0.name()).about("id", pair[0].1)),
        None if writes.len() > MAX_WRITES => Err(error().about("writes", writes.len())),
        None => Ok(()),
    }
}

fn single(written: Result<Vec<Record>>) -> Result<Record> {
    let first = written?.into_iter().next();
    first.ok_or_else(|| Error::new(ErrorKind::Unexpected, "committing one write"))
}

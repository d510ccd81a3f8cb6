//! Where everything is written down: one table of DynamoDB.
//!
//! A record is one item, each key that it claims another, and each of its places in an index a third ([`schema`]). A save is one
//! conditional write of one item; where keys or places come or go, and whenever a record does, all items are written in one
//! transaction. Nothing is ever scanned. Every read is consistent, so workers see each other's writes at once.
//!
//! What it costs in units of DynamoDB, for records of 3 KB with one key and five places, as `tests/it/store/cost.rs` measures it:
//! a save 6 written in one request, and 19 with an event; a save that changes a key or a place 34, with its first request, which
//! is refused; an insert 23 and a delete 24; a load 1 read. A page of 50 records is 51 read from an index in two requests, and 40
//! in the order of ids. Looking for changes is 1, however many records there are, and 13 where a thousand were written.
mod call;
#[cfg(test)]
mod fixtures;
mod item;
mod operation;
pub mod schema;
mod stamp;
mod upgrade;
mod write;

use std::fmt;

use refractory_core::ports::{
    Changes, Cursor, DamagedRecord, Kind, Page, Position, Query, Record, Scope, Store, UniqueKey,
    Write, check_writes,
};
use refractory_core::{Error, ErrorKind, Result, async_trait};

use self::call::{ItemQuery, Table};
use self::item::{Claims, Content, Item, place_partition, place_sort, row_key, text_key, text_of};
use self::operation::Operation;
use self::stamp::{ReadPosition, ReadProgress, Stamps};
use self::write::{Batch, CurrentRow, PlannedWrite, Refusal, Replacement, current_row};
use crate::Clients;
use crate::deadline::with_deadline;

/// No id is longer, so a longer one names nothing, and no key of DynamoDB is empty.
const LONGEST_ID: usize = 64;
/// How often a search is begun again when the row that it found gave up the text in the same moment.
const SEARCHES: usize = 4;

/// A store in one table of DynamoDB, made as [`schema`] says.
///
/// Any number of processes may use one table. Clones share their connections. Each call ends within eight seconds.
#[derive(Clone)]
pub struct DynamoStore {
    table: Table,
    stamps: Stamps,
}

impl fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DynamoStore({})", self.table.name)
    }
}

impl DynamoStore {
    /// The store in `table`, once it is [up to date](Self::upgrade).
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub async fn open(clients: &Clients, table: &str) -> Result<Self> {
        let store = Self::new(clients, table);
        store.upgrade().await?;
        Ok(store)
    }

    /// The store in `table`, which is known to be up to date; nothing is asked.
    pub fn new(clients: &Clients, table: &str) -> Self {
        let table = Table { client: clients.dynamodb.clone(), name: table.into() };
        Self { table, stamps: Stamps::default() }
    }

    /// A stamp for a write of `kind`, later than every write of it that was stored when this process first wrote one.
    async fn stamp(&self, kind: Kind) -> Result<u64> {
        if !self.stamps.knows(kind) {
            let newest = self.newest("looking for changes", kind).await?;
            self.stamps.note(kind, newest);
        }
        Ok(self.stamps.next(kind))
    }

    async fn newest(&self, during: &'static str, kind: Kind) -> Result<u64> {
        let reading = ItemQuery { descending: true, ..stamped(kind, 0) };
        let items = self.table.read(during, &reading, 1).await?;
        Ok(items.first().and_then(item::stamp_of).unwrap_or_default())
    }

    async fn write(&self, writes: &[Write]) -> Result<Vec<Record>> {
        check_writes(writes)?;
        let mut found = None;
        if let [Write::Save(row)] = writes {
            match self.replace(row).await? {
                Ok(saved) => return Ok(vec![saved]),
                Err(had) => found = Some(had),
            }
        }
        let mut planned = Vec::new();
        for write in writes {
            // Nearly always a record has what it was read with; where it does not, the refusal says what it has.
            let had = match write {
                Write::Insert(_) => Claims::default(),
                Write::Save(row) | Write::Delete(row) => {
                    found.take().unwrap_or_else(|| Claims::of(row))
                }
            };
            planned.push(PlannedWrite { write, had, stamp: self.stamp(write.at().0).await? });
        }
        self.transact(&mut planned).await?;
        Ok(writes.iter().map(Write::written).collect())
    }

    /// Replaces a record whose keys and places stay as they are, in one write; where they do not, what it has.
    async fn replace(&self, row: &Record) -> Result<Result<Record, Claims>> {
        const DURING: &str = "saving a record";
        let next = row.clone().at_revision(row.revision().saturating_add(1));
        let (content, operation) = (Content::of(&next)?, Operation::fresh()?);
        let stamp = self.stamp(row.kind()).await?;
        let replacement = Replacement::of(row, &content, &content.claims, operation, stamp);
        let Err(found) = self.table.replace(DURING, &replacement).await? else {
            return Ok(Ok(next));
        };
        match current_row(found.as_ref(), row.revision(), operation) {
            CurrentRow::Itself => Ok(Ok(next)),
            CurrentRow::Gone => Err(gone(DURING, row)),
            CurrentRow::Moved => Err(moved(DURING, row)),
            CurrentRow::Claims(had) => Ok(Err(had)),
        }
    }

    /// Makes all of `planned`, each once it is known what its record has.
    async fn transact(&self, planned: &mut [PlannedWrite<'_>]) -> Result<()> {
        let Some(first) = planned.first() else { return Ok(()) };
        let during = first.write.during();
        let operation = Operation::fresh()?;
        // A refusal contains what at least one record has.
        for _ in 0..=planned.len() {
            let batch = Batch::of(&self.table.name, planned, operation)?;
            let rows = match self.table.transact(during, &batch).await? {
                Ok(()) => return Ok(()),
                Err(Refusal::Rows(rows)) => rows,
                Err(refusal) => return Err(taken(during, planned, &refusal)),
            };
            for (at, found) in rows {
                let row = planned[at].write.record();
                let read = match planned[at].write {
                    Write::Insert(_) => 0,
                    Write::Save(row) | Write::Delete(row) => row.revision(),
                };
                match (current_row(found.as_ref(), read, operation), planned[at].write) {
                    (CurrentRow::Itself, _) => return Ok(()),
                    (CurrentRow::Claims(had), Write::Save(_) | Write::Delete(_)) => {
                        planned[at].had = had;
                    }
                    (CurrentRow::Gone, _) => return Err(gone(during, row)),
                    (CurrentRow::Moved | CurrentRow::Claims(_), _) => {
                        return Err(moved(during, row));
                    }
                }
            }
        }
        Err(moved(during, planned[0].write.record()))
    }

    async fn search(&self, key: &UniqueKey) -> Result<Option<Record>> {
        const DURING: &str = "finding a record";
        for _ in 0..SEARCHES {
            let Some(holder) = self.table.get(DURING, text_key(key.kind(), key.text())).await?
            else {
                return Ok(None);
            };
            let id = text_of(&holder, schema::ROW).unwrap_or_default();
            let row = self.read(DURING, key.kind(), id).await?;
            // Between the two reads it may have given up the key: then another record may have it.
            if let Some(row) = row.filter(|row| row.unique().contains(key)) {
                return Ok(Some(row));
            }
        }
        let error = Error::new(ErrorKind::Unavailable, DURING).about("kind", key.kind().name());
        Err(error.about("unique", key.text()))
    }

    async fn read(&self, during: &'static str, kind: Kind, id: &str) -> Result<Option<Record>> {
        if id.is_empty() || id.len() > LONGEST_ID || id.starts_with(schema::DELETED) {
            return Ok(None);
        }
        let found: Option<Item> = self.table.get(during, row_key(kind, id)).await?;
        found.map(|item| item::read(kind, &item)).transpose()
    }

    async fn page(&self, query: &Query) -> Result<Page> {
        const DURING: &str = "listing records";
        let Some(reading) = reading(query) else { return Ok(Page::default()) };
        // One more shows whether there are further ones; and the bound itself may be met, which does not count.
        let room = query.page_size() + 1 + usize::from(query.bound().is_some());
        let mut items = self.table.read(DURING, &reading, room).await?;
        if let (Scope::Kind(_), Some(bound)) = (query.scope(), query.bound()) {
            items.retain(|item| text_of(item, schema::SORT_KEY) != Some(bound));
        }
        let more = items.len() > query.page_size();
        items.truncate(query.page_size());
        let next = items.last().filter(|_| more).and_then(|item| cursor(query, item));
        let mut page = Page { next, ..Page::default() };
        match query.scope() {
            Scope::Kind(kind) => items.iter().for_each(|item| show(&mut page, *kind, item)),
            Scope::Partition(index, _) => {
                // One that moved while the places were read may have been met twice.
                let mut ids: Vec<&str> = Vec::new();
                for id in items.iter().filter_map(|item| text_of(item, schema::ROW)) {
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
                let found = self.table.get_all(DURING, index.kind(), &ids).await?;
                for item in ids.iter().filter_map(|id| found.get(*id)) {
                    // One that has left the partition since is not shown, and one that left the table is not there.
                    if is_in(index.kind(), item, &reading.partition) {
                        show(&mut page, index.kind(), item);
                    }
                }
            }
        }
        Ok(page)
    }

    async fn follow(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        const DURING: &str = "looking for changes";
        let after = ReadPosition::of(after);
        if after.is_expired() {
            return Ok(Changes { next: after.position(), expired: true, ..Changes::default() });
        }
        let (start, settled) = (after.read_after(), self.stamps.settled(kind));
        let mut entries = self.table.read(DURING, &stamped(kind, start), limit.max(1)).await?;
        let last = entries.iter().rev().find_map(item::stamp_of).unwrap_or_default();
        let more = entries.len() == limit.max(1) && last > start;
        if more {
            // All with the last stamp are returned at once: the next page begins after it.
            let same = stamped(kind, last.saturating_sub(1));
            let same = ItemQuery { to: stamp::text(last), ..same };
            let same = self.table.read(DURING, &same, usize::MAX).await?;
            entries.retain(|entry| item::stamp_of(entry) != Some(last));
            entries.extend(same);
        }
        let changes = entries.iter().filter_map(item::change).collect();
        let next = if more {
            ReadPosition { stamp: last, reached: ReadProgress::More }
        } else {
            // For an empty result, only a read from the start shows that it is the latest.
            if last > 0 || after.stamp == 0 {
                self.stamps.note(kind, last);
            }
            after.end(last, settled)
        };
        Ok(Changes { changes, next: next.position(), more, expired: false })
    }

    /// The place of the last stamp. What was written shortly before is read once more from there, as something that is earlier
    /// may still be stored.
    async fn end(&self, kind: Kind) -> Result<Position> {
        let last = self.newest("finding the end of what was written", kind).await?;
        Ok(ReadPosition::of(Position::START).end(last, None).position())
    }
}

/// The entries of `kind` that were stamped after `after`, in the order of stamps.
fn stamped(kind: Kind, after: u64) -> ItemQuery {
    ItemQuery {
        index: Some(schema::INDEX),
        sort_key: schema::INDEX_SORT_KEY,
        partition: kind.name().to_owned(),
        from: stamp::text(after.saturating_add(1)),
        to: stamp::text(u64::MAX),
        descending: false,
        start: None,
    }
}

/// What is to be read for `query`; `None` where that is nothing. DynamoDB refuses bounds in the wrong order, empty ones, and a
/// start that is not between them.
fn reading(query: &Query) -> Option<ItemQuery> {
    let (partition, end) = match query.scope() {
        Scope::Kind(kind) => (kind.name().to_owned(), schema::DELETED),
        Scope::Partition(index, partition) => {
            (place_partition(index.name(), partition), "\u{10ffff}")
        }
    };
    let first = schema::BETWEEN.to_string();
    let from = query.least().map_or(first.clone(), |least| first.max(least.to_owned()));
    let to = query.bound().map_or(end, |bound| bound.min(end)).to_owned();
    let start = query.cursor().map(|cursor| match query.scope() {
        Scope::Kind(_) => cursor.id().to_owned(),
        Scope::Partition(..) => place_sort(cursor.sort(), cursor.id()),
    });
    let descending = query.is_descending();
    let start = match start {
        Some(start) if start < from && descending => return None,
        Some(start) if start > to && !descending => return None,
        start => start.filter(|start| (&from..=&to).contains(&start)),
    };
    (from <= to).then(|| ItemQuery {
        index: None,
        sort_key: schema::SORT_KEY,
        start: start.map(|start| item::key(partition.clone(), start)),
        partition,
        from,
        to,
        descending,
    })
}

/// The place after `item` in `query`.
fn cursor(query: &Query, item: &Item) -> Option<Cursor> {
    let sort = text_of(item, schema::SORT_KEY)?;
    Some(match query.scope() {
        Scope::Kind(_) => Cursor::new(sort, sort),
        Scope::Partition(..) => {
            let (sort, id) = sort.split_once(schema::BETWEEN)?;
            Cursor::new(sort, id)
        }
    })
}

/// Whether the record in `item` still has a place in `partition`. Of one that cannot be read, what it remembers counts.
fn is_in(kind: Kind, item: &Item, partition: &str) -> bool {
    let claims = item::read(kind, item).map(|record| Claims::of(&record));
    let places = claims.unwrap_or_else(|_| Claims::in_item(item)).places;
    places.is_empty() || places.iter().any(|place| place.is_in(partition))
}

fn show(page: &mut Page, kind: Kind, item: &Item) {
    match item::read(kind, item) {
        Ok(record) => page.records.push(record),
        Err(error) => page.damaged.push(item::record(kind, item, &error)),
    }
}

#[async_trait]
impl Store for DynamoStore {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        with_deadline("loading a record", self.read("loading a record", kind, id)).await
    }

    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        with_deadline("finding a record", self.search(key)).await
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        with_deadline("listing records", self.page(query)).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        with_deadline("writing records", self.write(writes)).await
    }

    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        with_deadline("looking for changes", self.follow(kind, after, limit)).await
    }

    async fn position(&self, kind: Kind) -> Result<Position> {
        with_deadline("finding the end of what was written", self.end(kind)).await
    }

    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        with_deadline(DISCARDING, self.discard_one(record)).await
    }
}

const DISCARDING: &str = "removing a damaged record";

impl DynamoStore {
    async fn discard_one(&self, record: &DamagedRecord) -> Result<()> {
        let found = self.table.get(DISCARDING, row_key(record.kind, &record.id)).await?;
        let error = |kind| {
            let error = Error::new(kind, DISCARDING).about("kind", record.kind.name());
            error.about("id", &record.id)
        };
        let Some(found) = found else { return Err(error(ErrorKind::NotFound)) };
        if item::read(record.kind, &found).is_ok() {
            return Err(error(ErrorKind::Conflict));
        }
        let had = Claims::in_item(&found);
        let stamp = self.stamp(record.kind).await?;
        let batch = Batch::discarding(&self.table.name, record, &had, stamp)?;
        match self.table.transact(DISCARDING, &batch).await? {
            Ok(()) => Ok(()),
            Err(Refusal::Rows(rows)) if rows.iter().all(|(_, row)| row.is_none()) => {
                Err(error(ErrorKind::NotFound))
            }
            Err(_) => Err(error(ErrorKind::Conflict)),
        }
    }
}

fn about(kind: ErrorKind, during: &'static str, row: &Record) -> Error {
    Error::new(kind, during).about("kind", row.kind().name()).about("id", row.id())
}

/// Another writer was first.
fn moved(during: &'static str, row: &Record) -> Error {
    about(ErrorKind::Conflict, during, row)
}

/// It is not there.
fn gone(during: &'static str, row: &Record) -> Error {
    about(ErrorKind::NotFound, during, row)
}

/// Another record has one of its keys.
fn taken(during: &'static str, planned: &[PlannedWrite<'_>], refusal: &Refusal) -> Error {
    match refusal {
        Refusal::Text(at, unique) => {
            let row = planned[*at].write.record();
            moved(during, row).about("unique", unique)
        }
        Refusal::Rows(_) | Refusal::Busy | Refusal::Other(_) => {
            Error::new(ErrorKind::Conflict, during)
        }
    }
}

#[cfg(test)]
mod tests;

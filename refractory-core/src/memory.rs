//! A store that forgets when the process ends. Always available.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ports::{
    Change, Changes, Cursor, DamagedRecord, Index, Kind, Observed, Page, Position, Query, Record,
    Scope, Store, UniqueKey, Vault, Write, check_writes, damaged,
};
use crate::{Error, ErrorKind, Result, Secret, SecretName, async_trait};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<State>);

impl MemoryStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the record `id` one that cannot be read, as a disk would: for tests of what reads. Returns whether there was one.
    pub fn damage(&self, kind: Kind, id: &str) -> bool {
        let mut state = self.state();
        let Some(stored) = state.records.get_mut(&(kind, id.to_owned())) else { return false };
        stored.is_damaged = true;
        true
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        self.state().load(kind, id)
    }

    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        let state = self.state();
        state.keys.get(key).map_or(Ok(None), |id| state.load(key.kind(), id))
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        Ok(self.state().query(query))
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        check_writes(writes)?;
        let mut state = self.state();
        state.check(writes)?;
        // A key may go from one record to another, so all are released first.
        for write in writes {
            state.take_out(&owned(write.at()));
        }
        Ok(writes.iter().map(|write| state.write(write)).collect())
    }

    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        Ok(self.state().changes(kind, after, limit))
    }

    async fn position(&self, _: Kind) -> Result<Position> {
        Ok(Position(self.state().position))
    }

    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        let mut state = self.state();
        let at = (record.kind, record.id.clone());
        let error = |kind| Error::new(kind, "removing a damaged record").about("id", &record.id);
        match state.records.get(&at) {
            None => Err(error(ErrorKind::NotFound)),
            Some(stored) if !stored.is_damaged || stored.damaged() != *record => {
                Err(error(ErrorKind::Conflict))
            }
            Some(_) => {
                state.take_out(&at);
                state.note_deletion(&at);
                Ok(())
            }
        }
    }
}

type At = (Kind, String);

/// A place in an index: of one partition, by sort value and id.
type Place = (Index, String, String, String);

#[derive(Debug)]
struct Stored {
    record: Record,
    position: u64,
    is_damaged: bool,
}

impl Stored {
    fn damaged(&self) -> DamagedRecord {
        DamagedRecord {
            kind: self.record.kind(),
            id: self.record.id().to_owned(),
            revision: self.record.revision(),
            unique: self.record.unique().iter().map(|key| key.text().to_owned()).collect(),
            reason: "It was damaged on purpose.".to_owned(),
            text: "{".to_owned(),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    records: BTreeMap<At, Stored>,
    keys: BTreeMap<UniqueKey, String>,
    indexes: BTreeSet<Place>,
    /// The last write of each record by its position; no revision where it was deleted.
    written: BTreeMap<(Kind, u64), Change>,
    position: u64,
}

fn places(record: &Record) -> impl Iterator<Item = Place> {
    let id = record.id().to_owned();
    let entries = record.indexed().into_iter();
    entries.map(move |entry| (entry.index, entry.partition, entry.sort, id.clone()))
}

impl State {
    fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        match self.records.get(&(kind, id.to_owned())) {
            Some(stored) if stored.is_damaged => Err(damaged(kind, id)),
            stored => Ok(stored.map(|stored| stored.record.clone())),
        }
    }

    fn check(&self, writes: &[Write]) -> Result<()> {
        let mut released = BTreeSet::new();
        for write in writes {
            self.check_revision(write)?;
            if let Some(stored) = self.records.get(&owned(write.at())) {
                released.extend(stored.record.unique());
            }
        }
        let mut claimed = BTreeSet::new();
        for write in writes.iter().filter(|write| !matches!(write, Write::Delete(_))) {
            for key in write.record().unique() {
                let is_free = released.contains(&key) || !self.keys.contains_key(&key);
                if !(is_free && claimed.insert(key.clone())) {
                    return Err(refused(ErrorKind::Conflict, write).about("unique", key.text()));
                }
            }
        }
        Ok(())
    }

    fn check_revision(&self, write: &Write) -> Result<()> {
        let stored = self.records.get(&owned(write.at()));
        match (write, stored) {
            (Write::Insert(_), Some(_)) => Err(refused(ErrorKind::Conflict, write)),
            (Write::Save(_) | Write::Delete(_), None) => Err(refused(ErrorKind::NotFound, write)),
            (Write::Insert(_), None) => Ok(()),
            (Write::Save(record) | Write::Delete(record), Some(stored)) => {
                if stored.is_damaged {
                    Err(damaged(record.kind(), record.id()))
                } else if stored.record.revision() == record.revision() {
                    Ok(())
                } else {
                    Err(refused(ErrorKind::Conflict, write))
                }
            }
        }
    }

    /// Writes a record that was taken out.
    fn write(&mut self, write: &Write) -> Record {
        let (at, written) = (owned(write.at()), write.written());
        if matches!(write, Write::Delete(_)) {
            self.note_deletion(&at);
            return written;
        }
        self.keys.extend(written.unique().into_iter().map(|key| (key, at.1.clone())));
        self.indexes.extend(places(&written));
        let position = self.note(at.0, &at.1, Some(written.revision()));
        let stored = Stored { record: written.clone(), position, is_damaged: false };
        self.records.insert(at, stored);
        written
    }

    /// Takes a record out, with all that stands for it.
    fn take_out(&mut self, at: &At) {
        let Some(stored) = self.records.remove(at) else { return };
        for key in stored.record.unique() {
            self.keys.remove(&key);
        }
        for place in places(&stored.record) {
            self.indexes.remove(&place);
        }
        self.written.remove(&(at.0, stored.position));
    }

    fn note_deletion(&mut self, at: &At) {
        if at.0.tells_deletions() {
            self.note(at.0, &at.1, None);
        }
    }

    /// Notes the last write of a record; its position.
    fn note(&mut self, kind: Kind, id: &str, revision: Option<u64>) -> u64 {
        self.position += 1;
        self.written.insert((kind, self.position), Change { id: id.to_owned(), revision });
        self.position
    }

    fn changes(&self, kind: Kind, after: Position, limit: usize) -> Changes {
        let first = (kind, after.0.saturating_add(1));
        let mut told = Changes { next: after, ..Changes::default() };
        for ((_, position), change) in self.written.range(first..=(kind, u64::MAX)) {
            if told.changes.len() == limit.max(1) {
                told.more = true;
                break;
            }
            told.changes.push(change.clone());
            told.next = Position(*position);
        }
        told
    }

    fn query(&self, query: &Query) -> Page {
        let mut page = Page::default();
        let mut places = self.places_of(query);
        let more = places.len() > query.page_size();
        places.truncate(query.page_size());
        for (_, id) in &places {
            let Some(stored) = self.records.get(&(query.kind(), id.clone())) else { continue };
            if stored.is_damaged {
                page.damaged.push(stored.damaged());
            } else {
                page.records.push(stored.record.clone());
            }
        }
        page.next = places.last().filter(|_| more).map(|(sort, id)| Cursor::new(sort, id));
        page
    }

    /// The sort values and ids that a query is for: one more than its page has room for. No others are gone through.
    fn places_of(&self, query: &Query) -> Vec<(String, String)> {
        let room = query.page_size() + 1;
        match query.scope() {
            Scope::Kind(kind) => {
                let next = Kind::ALL.into_iter().find(|next| next > kind);
                let end = next.map(|next| (next, String::new()));
                let range = range_of(query, |id, _| (*kind, id.to_owned()), end);
                let found = range.map(|range| self.records.range(range)).into_iter().flatten();
                some(found.map(|((_, id), _)| (id.clone(), id.clone())), query, room)
            }
            Scope::Partition(index, partition) => {
                let place = |partition: &str, sort: &str, id: &str| {
                    (*index, partition.to_owned(), sort.to_owned(), id.to_owned())
                };
                let end = place(&format!("{partition}\0"), "", "");
                let range = range_of(query, |sort, id| place(partition, sort, id), Some(end));
                let found = range.map(|range| self.indexes.range(range)).into_iter().flatten();
                some(found.map(|place| (place.2.clone(), place.3.clone())), query, room)
            }
        }
    }
}

/// The first `room` of what was found in ascending order, in the order of `query`.
fn some<T>(found: impl DoubleEndedIterator<Item = T>, query: &Query, room: usize) -> Vec<T> {
    if query.is_descending() {
        found.rev().take(room).collect()
    } else {
        found.take(room).collect()
    }
}

/// The bounds of `query` as keys, which `key` makes of a sort value and an id; all are less than `end`. `None` where nothing is
/// between them.
fn range_of<K: Ord>(
    query: &Query,
    key: impl Fn(&str, &str) -> K,
    end: Option<K>,
) -> Option<(Bound<K>, Bound<K>)> {
    let mut first = Bound::Included(key(query.least().unwrap_or_default(), ""));
    let mut end = query.bound().map(|bound| key(bound, "")).or(end);
    if let Some(cursor) = query.cursor() {
        let at = key(cursor.sort(), cursor.id());
        if query.is_descending() {
            end = end.into_iter().chain([at]).min();
        } else if !matches!(&first, Bound::Included(first) if *first > at) {
            first = Bound::Excluded(at);
        }
    }
    let is_empty = match (&first, &end) {
        (Bound::Included(first) | Bound::Excluded(first), Some(end)) => first >= end,
        (Bound::Unbounded, _) | (_, None) => false,
    };
    (!is_empty).then(|| (first, end.map_or(Bound::Unbounded, Bound::Excluded)))
}

fn owned((kind, id): (Kind, &str)) -> At {
    (kind, id.to_owned())
}

fn refused(kind: ErrorKind, write: &Write) -> Error {
    let (of, id) = write.at();
    Error::new(kind, write.during()).about("kind", of.name()).about("id", id)
}

/// A vault in memory. Always available.
#[derive(Debug, Default)]
pub struct MemoryVault(Mutex<BTreeMap<SecretName, Secret>>);

impl MemoryVault {
    fn secrets(&self) -> MutexGuard<'_, BTreeMap<SecretName, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Vault for MemoryVault {
    async fn ensure(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>> {
        Ok(Observed::Ready(
            self.secrets().entry(name.clone()).or_insert_with(|| fresh.clone()).clone(),
        ))
    }
    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>> {
        Ok(self.secrets().get(name).cloned().map_or(Observed::Absent, Observed::Ready))
    }
    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>> {
        self.secrets().remove(name);
        Ok(Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<SecretName>> {
        Ok(self.secrets().keys().cloned().collect())
    }
}

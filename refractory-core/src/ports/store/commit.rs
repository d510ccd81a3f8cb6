//! Writes, and what is written together.
use std::marker::PhantomData;

use super::{Aggregate, Kind, Record};
use crate::model::Event;

/// One write of one record.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Adds a record at revision 1.
    Insert(Record),
    /// Replaces a record if its revision is still the stored one; the next revision is stored.
    Save(Record),
    /// Deletes a record if its revision is still the stored one.
    Delete(Record),
}

impl Write {
    /// The record as the writer has it.
    pub fn record(&self) -> &Record {
        match self {
            Self::Insert(record) | Self::Save(record) | Self::Delete(record) => record,
        }
    }

    /// The kind and id of the record.
    pub fn at(&self) -> (Kind, &str) {
        (self.record().kind(), self.record().id())
    }

    /// The record as it is once this was written; of a deleted one, as it was.
    pub fn written(&self) -> Record {
        match self {
            Self::Insert(record) => record.clone().at_revision(1),
            Self::Save(record) => record.clone().at_revision(record.revision().saturating_add(1)),
            Self::Delete(record) => record.clone(),
        }
    }

    /// What is being done, for errors.
    pub fn during(&self) -> &'static str {
        match self {
            Self::Insert(_) => "adding a record",
            Self::Save(_) => "saving a record",
            Self::Delete(_) => "deleting a record",
        }
    }
}

/// A write of one aggregate of type `T` and the events it causes: stored together, or not at all.
///
/// A second aggregate is written with the first only where the two must agree; whoever does it says why.
#[derive(Debug, Clone)]
pub struct Commit<T> {
    writes: Vec<Write>,
    first: PhantomData<fn() -> T>,
}

impl<T: Aggregate> Commit<T> {
    /// One write.
    pub(crate) fn of(write: Write) -> Self {
        Self { writes: vec![write], first: PhantomData }
    }

    /// Adds `row`.
    pub fn insert(row: &T) -> Self {
        Self::of(Write::Insert(row.clone().into_record()))
    }

    /// Saves `row`.
    pub fn save(row: &T) -> Self {
        Self::of(Write::Save(row.clone().into_record()))
    }

    /// Deletes `row`.
    pub fn delete(row: &T) -> Self {
        Self::of(Write::Delete(row.clone().into_record()))
    }

    /// The same with an event that it causes.
    #[must_use]
    pub fn event(self, event: Event) -> Self {
        self.events([event])
    }

    /// The same with events that it causes.
    #[must_use]
    pub fn events(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        let events = events.into_iter().map(|event| Write::Insert(event.into_record()));
        self.writes.extend(events);
        self
    }

    /// The same with the writes of `other`.
    #[must_use]
    pub fn and<U>(mut self, other: Commit<U>) -> Self {
        self.writes.extend(other.writes);
        self
    }

    /// The writes, in order.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }
}

//! Lies that only show when calls meet or are broken off.
use refractory_core::model::License;
use refractory_core::ports::{Aggregate, Record, Store};
use refractory_core::{MemoryStore, Result, async_trait};
use tokio::task::yield_now;

use super::writing::overwrite;
use super::{Lie, Memory, conflict, lie};

lie!(SaveReadsThenWrites {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        match honest.load(row.kind(), row.id()).await? {
            Some(stored) if stored.revision() == row.revision() => {}
            _ => return honest.save(row).await,
        }
        yield_now().await;
        match honest.load(row.kind(), row.id()).await? {
            Some(stored) => overwrite(honest, row, &stored).await,
            None => honest.save(row).await,
        }
    }
});

// Tells the second that it has the license, and writes down nothing.
lie!(HolderCheckRaces {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let Some(license) = License::from_record(row.clone()) else {
            return honest.save(row).await;
        };
        let outcome = honest.save(row).await;
        if outcome.is_err() && license.lease.is_some() {
            return Ok(row.clone().at_revision(row.revision() + 1));
        }
        outcome
    }
});

lie!(SlugCheckRaces {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        for unique in row.unique() {
            if honest.find(&unique).await?.is_some() {
                return Err(conflict());
            }
        }
        yield_now().await;
        let outcome = honest.insert(row).await;
        if outcome.is_err() && honest.load(row.kind(), row.id()).await?.is_none() {
            return Ok(row.clone().at_revision(1));
        }
        outcome
    }
});

lie!(IdCheckRaces {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        if honest.load(row.kind(), row.id()).await?.is_some() {
            return Err(conflict());
        }
        yield_now().await;
        if let Some(stored) = honest.load(row.kind(), row.id()).await? {
            honest.delete(&stored).await?;
        }
        honest.insert(row).await
    }
});

lie!(DroppedInsertKeepsItsClaim(Memory) {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        if !self.0.add(row.id()) {
            return Err(conflict());
        }
        yield_now().await;
        let outcome = honest.insert(row).await;
        self.0.forget(row.id());
        outcome
    }
});

lie!(DroppedSaveKeepsItsLock(Memory) {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        if !self.0.add(row.id()) {
            return Err(conflict());
        }
        yield_now().await;
        let outcome = honest.save(row).await;
        self.0.forget(row.id());
        outcome
    }
});

lie!(DroppedDeleteKeepsItsLock(Memory) {
    async fn delete(&self, honest: &MemoryStore, row: &Record) -> Result<()> {
        if !self.0.add(row.id()) {
            return Err(conflict());
        }
        yield_now().await;
        let outcome = honest.delete(row).await;
        self.0.forget(row.id());
        outcome
    }
});

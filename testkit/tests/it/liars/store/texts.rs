//! Lies about unique texts.
use refractory_core::ports::{Kind, Record, Store, UniqueKey};
use refractory_core::{MemoryStore, Result, async_trait};

use super::{Lie, Memory, conflict, lie};

async fn insert_unless_taken(taken: &Memory, honest: &MemoryStore, row: &Record) -> Result<Record> {
    if row.unique().iter().any(|unique| taken.has(unique.text())) {
        return Err(conflict());
    }
    honest.insert(row).await
}

fn keep(taken: &Memory, row: &Record) {
    for unique in row.unique() {
        taken.add(unique.text());
    }
}

lie!(TextsAreNotUnique {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        for unique in row.unique() {
            if let Some(other) = honest.find(&unique).await? {
                honest.delete(&other).await?;
            }
        }
        honest.insert(row).await
    }
});

lie!(FailedInsertClaims(Memory) {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let outcome = insert_unless_taken(&self.0, honest, row).await;
        if outcome.is_err() {
            keep(&self.0, row);
        }
        outcome
    }
});

lie!(FailedSaveWrites {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let outcome = honest.save(row).await;
        if let (Err(_), Record::License(license)) = (&outcome, row)
            && let Some(Record::License(mut half)) = honest.load(Kind::License, row.id()).await?
        {
            half.name.clone_from(&license.name);
            honest.save(&Record::License(half)).await?;
        }
        outcome
    }
});

lie!(FailedSaveMovesTheRevision {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let outcome = honest.save(row).await;
        if outcome.is_err()
            && let Some(stored) = honest.load(row.kind(), row.id()).await?
            && stored.revision() == row.revision()
        {
            honest.save(&stored).await?;
        }
        outcome
    }
});

lie!(RenameKeepsTheOldText(Memory) {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        insert_unless_taken(&self.0, honest, row).await
    }
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let before = honest.load(row.kind(), row.id()).await?;
        let saved = honest.save(row).await?;
        if let Some(before) = &before {
            keep(&self.0, before);
        }
        Ok(saved)
    }
});

lie!(SaveTripsOverItself {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let before = honest.load(row.kind(), row.id()).await?;
        if before.is_some_and(|before| before.unique() == row.unique()) {
            return Err(conflict());
        }
        honest.save(row).await
    }
});

lie!(DeletedTextsStayTaken(Memory) {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        insert_unless_taken(&self.0, honest, row).await
    }
    async fn delete(&self, honest: &MemoryStore, row: &Record) -> Result<()> {
        honest.delete(row).await?;
        keep(&self.0, row);
        Ok(())
    }
});

lie!(TextsAreOneSpace {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        for unique in row.unique() {
            for kind in Kind::ALL {
                if honest.find(&UniqueKey::stored(kind, unique.text())).await?.is_some() {
                    return Err(conflict());
                }
            }
        }
        honest.insert(row).await
    }
});

lie!(NoTextIsOneText {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let others = super::list(honest, row.kind()).await?;
        if row.unique().is_empty() && others.iter().any(|other| other.unique().is_empty()) {
            return Err(conflict());
        }
        honest.insert(row).await
    }
});

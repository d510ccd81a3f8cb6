//! Lies about what was written.
use refractory_core::ports::{Changes, Kind, Position, Record, Store, Write};
use refractory_core::{MemoryStore, Result, async_trait};
use tokio::task::yield_now;

use super::{Lie, Memory, lie};

// As one does that keeps a list of what is new and forgets what it told.
lie!(TellsOnce(Memory) {
    async fn changes(&self, honest: &MemoryStore, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let mut told = honest.changes(kind, after, limit).await?;
        told.changes.retain(|change| self.0.add(&change.id));
        Ok(told)
    }
});

lie!(RevisionsLag {
    async fn changes(&self, honest: &MemoryStore, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let mut told = honest.changes(kind, after, limit).await?;
        for change in &mut told.changes {
            change.revision = change.revision.map(|revision| revision.min(2));
        }
        Ok(told)
    }
});

lie!(TellsByName {
    async fn changes(&self, honest: &MemoryStore, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let mut told = honest.changes(kind, after, limit).await?;
        // What went and came again keeps its order: that is another clause.
        if told.changes.iter().all(|change| change.revision.is_some()) {
            told.changes.sort_by(|one, other| one.id.cmp(&other.id));
        }
        Ok(told)
    }
});

lie!(FirstPageOnly {
    async fn changes(&self, honest: &MemoryStore, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let mut told = honest.changes(kind, after, usize::MAX).await?;
        told.changes.truncate(limit.max(1));
        Ok(told)
    }
});

lie!(HidesDeletions {
    async fn changes(&self, honest: &MemoryStore, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let mut told = honest.changes(kind, after, limit).await?;
        told.changes.retain(|change| change.revision.is_some());
        Ok(told)
    }
});

// Each reading looks like a write.
lie!(TellsAllAgain(Memory) {
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Record>> {
        let row = honest.load(kind, id).await?;
        self.0.add(id);
        Ok(row)
    }
    async fn changes(&self, honest: &MemoryStore, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let mut told = honest.changes(kind, after, limit).await?;
        if told.changes.is_empty() && self.0.has("a") {
            let all = honest.changes(kind, Position::START, limit).await?;
            told.changes = all.changes;
            for change in &mut told.changes {
                change.revision = change.revision.map(|revision| revision + 7);
            }
        }
        Ok(told)
    }
});

// As a sequence of a database does, whose numbers are given before the commit.
lie!(PassesOverTheLate {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        if row.id().ends_with("-0") {
            yield_now().await;
        }
        honest.insert(row).await
    }
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        honest.commit(&[Write::Save(row.clone())]).await.map(|mut all| all.remove(0))
    }
    async fn changes(&self, honest: &MemoryStore, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let mut told = honest.changes(kind, after, limit).await?;
        // It comes after its numbers were passed.
        if after != Position::START {
            told.changes.retain(|change| !change.id.ends_with("-0"));
        }
        Ok(told)
    }
});

// As one does that takes the next position for one that is taken.
lie!(EndsTooLate {
    async fn position(&self, honest: &MemoryStore, kind: Kind) -> Result<Position> {
        honest.position(kind).await.map(|Position(last)| Position(last + 1))
    }
});

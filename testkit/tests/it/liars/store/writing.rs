//! Lies about rows and revisions.
use refractory_core::model::{EventKind, PasswordHash};
use refractory_core::ports::{Kind, Record, Store};
use refractory_core::{ErrorKind, MemoryStore, Result, async_trait};

use super::{Lie, Memory, conflict, lie};

async fn stored(honest: &MemoryStore, row: &Record) -> Result<Option<Record>> {
    honest.load(row.kind(), row.id()).await
}

/// Writes `row` over `stored`, whatever its revision.
pub(super) async fn overwrite(
    honest: &MemoryStore,
    row: &Record,
    stored: &Record,
) -> Result<Record> {
    honest.save(&row.clone().at_revision(stored.revision())).await
}

lie!(InsertKeepsTheRevision {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        honest.insert(row).await.map(|_| row.clone())
    }
});

lie!(InsertReplaces {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        if let Some(stored) = stored(honest, row).await? {
            honest.delete(&stored).await?;
        }
        honest.insert(row).await
    }
});

lie!(IdsAreOneSpace {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        for kind in Kind::ALL {
            if honest.load(kind, row.id()).await?.is_some() {
                return Err(conflict());
            }
        }
        honest.insert(row).await
    }
});

lie!(SaveForgetsToWrite {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        match stored(honest, row).await? {
            Some(stored) if stored.revision() == row.revision() => {
                Ok(row.clone().at_revision(row.revision() + 1))
            }
            _ => honest.save(row).await,
        }
    }
});

lie!(SaveIgnoresRevisions {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        match stored(honest, row).await? {
            Some(stored) => overwrite(honest, row, &stored).await,
            None => honest.save(row).await,
        }
    }
});

lie!(SaveIgnoresLaterRevisions {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        match stored(honest, row).await? {
            Some(stored) if stored.revision() <= row.revision() => {
                overwrite(honest, row, &stored).await
            }
            _ => honest.save(row).await,
        }
    }
});

lie!(SaveCreates {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        if row.revision() == 0 { honest.insert(row).await } else { honest.save(row).await }
    }
});

lie!(SaveResurrects {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        match honest.save(row).await {
            Err(error) if error.kind() == ErrorKind::NotFound && row.revision() > 0 => {
                honest.insert(row).await
            }
            outcome => outcome,
        }
    }
});

lie!(SaveTouchesAll {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let saved = honest.save(row).await?;
        for other in super::list(honest, row.kind()).await? {
            if other.id() != row.id() {
                honest.save(&other).await?;
            }
        }
        Ok(saved)
    }
});

lie!(DeleteHidesFromLoadOnly(Memory) {
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Record>> {
        if self.0.has(id) { Ok(None) } else { honest.load(kind, id).await }
    }
    async fn delete(&self, _: &MemoryStore, row: &Record) -> Result<()> {
        self.0.add(row.id());
        Ok(())
    }
});

lie!(DeleteIgnoresRevisions {
    async fn delete(&self, honest: &MemoryStore, row: &Record) -> Result<()> {
        match stored(honest, row).await? {
            Some(stored) => honest.delete(&stored).await,
            None => honest.delete(row).await,
        }
    }
});

lie!(DeleteOfNothingSucceeds {
    async fn delete(&self, honest: &MemoryStore, row: &Record) -> Result<()> {
        match honest.delete(row).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }
});

lie!(DeleteTakesTheNext {
    async fn delete(&self, honest: &MemoryStore, row: &Record) -> Result<()> {
        honest.delete(row).await?;
        for other in super::list(honest, row.kind()).await? {
            if other.id().starts_with(row.id()) {
                honest.delete(&other).await?;
            }
        }
        Ok(())
    }
});

lie!(IdsAreUsedUp(Memory) {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let first = self.0.add(&format!("{} {}", row.kind().name(), row.id()));
        if first { honest.insert(row).await } else { Err(conflict()) }
    }
});

lie!(BareFieldsAreFilled {
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Record>> {
        let mut row = honest.load(kind, id).await?;
        if let Some(Record::User(user)) = &mut row {
            user.password.get_or_insert(PasswordHash(String::new()));
        }
        Ok(row)
    }
});

// As one does that writes what it understands.
lie!(TomorrowIsForgotten {
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let mut row = row.clone();
        if let Record::Event(event) = &mut row
            && let EventKind::Unknown { details, .. } = &mut event.kind
        {
            details.clear();
        }
        honest.save(&row).await
    }
});

lie!(LongTextIsCut {
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Record>> {
        let mut row = honest.load(kind, id).await?;
        if let Some(Record::Event(event)) = &mut row
            && let EventKind::Recorded { text, .. } = &mut event.kind
        {
            *text = text.chars().take(65_535).collect();
        }
        Ok(row)
    }
});

lie!(OddTextIsMangled {
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Record>> {
        let mut row = honest.load(kind, id).await?;
        if let Some(Record::Event(event)) = &mut row {
            event.actor.name.retain(|c| c != '\r');
        }
        Ok(row)
    }
});

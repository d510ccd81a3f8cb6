//! Lies of reading.
use refractory_core::ports::{Body, Head, Kind, Store};
use refractory_core::{Error, ErrorKind, MemoryStore, Result, async_trait};

use super::{Lie, Memory, lie};

lie!(AbsentIsAnError {
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Body>> {
        let row = honest.load(kind, id).await?;
        row.map(Some).ok_or_else(|| Error::new(ErrorKind::NotFound, "lying"))
    }
});

lie!(FindsByTheFirstTextOnly {
    async fn find(&self, honest: &MemoryStore, kind: Kind, unique: &str) -> Result<Option<Body>> {
        let row = honest.find(kind, unique).await?;
        Ok(row.filter(|row| row.unique().first().is_some_and(|first| first == unique)))
    }
});

// As a database does whose collation is a dictionary's.
lie!(ListsLikeADictionary {
    async fn list(&self, honest: &MemoryStore, kind: Kind) -> Result<Vec<Body>> {
        let mut rows = honest.list(kind).await?;
        rows.sort_by_key(|row| row.id().replace(['-', '_', '.'], ""));
        Ok(rows)
    }
});

lie!(ListsAllKinds {
    async fn list(&self, honest: &MemoryStore, _: Kind) -> Result<Vec<Body>> {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            all.extend(honest.list(kind).await?);
        }
        Ok(all)
    }
});

lie!(ListsOnePage {
    async fn list(&self, honest: &MemoryStore, kind: Kind) -> Result<Vec<Body>> {
        let mut rows = honest.list(kind).await?;
        rows.truncate(200);
        Ok(rows)
    }
});

lie!(ListsStaleRows {
    async fn list(&self, honest: &MemoryStore, kind: Kind) -> Result<Vec<Body>> {
        let rows = honest.list(kind).await?;
        Ok(rows.into_iter().map(|row| row.at_revision(1)).collect())
    }
});

lie!(HeadsLag {
    async fn heads(&self, honest: &MemoryStore, kind: Kind) -> Result<Vec<Head>> {
        let mut heads = honest.heads(kind).await?;
        for head in &mut heads {
            head.revision = head.revision.min(2);
        }
        Ok(heads)
    }
});

lie!(LoadTouches(Memory) {
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Body>> {
        let row = honest.load(kind, id).await?;
        if let Some(row) = &row
            && self.0.add(id)
        {
            honest.save(row).await?;
        }
        Ok(row)
    }
});

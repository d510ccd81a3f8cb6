//! A store that counts what is read of it.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use refractory_core::ports::{
    Changes, DamagedRecord, Kind, Page, Position, Query, Record, Store, UniqueKey, Write,
};
use refractory_core::{MemoryStore, Result, async_trait};

/// A store in memory that counts the records it returns. Clones are handles on the same store.
#[derive(Debug, Clone, Default)]
pub(crate) struct CountingStore(Arc<(MemoryStore, AtomicUsize)>);

impl CountingStore {
    /// The store itself, which counts nothing.
    pub(crate) fn inner(&self) -> &MemoryStore {
        &self.0.0
    }

    /// How many records were read since the last call.
    pub(crate) fn take_reads(&self) -> usize {
        self.0.1.swap(0, Ordering::SeqCst)
    }

    fn count(&self, records: usize) {
        self.0.1.fetch_add(records, Ordering::SeqCst);
    }
}

#[async_trait]
impl Store for CountingStore {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        self.count(1);
        self.inner().load(kind, id).await
    }
    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        self.count(1);
        self.inner().find(key).await
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        let page = self.inner().query(query).await?;
        self.count(page.records.len() + page.damaged.len());
        Ok(page)
    }
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        self.inner().commit(writes).await
    }
    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let changes = self.inner().changes(kind, after, limit).await?;
        self.count(changes.changes.len());
        Ok(changes)
    }
    async fn position(&self, kind: Kind) -> Result<Position> {
        self.inner().position(kind).await
    }
    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        self.inner().discard(record).await
    }
}

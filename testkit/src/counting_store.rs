//! A store that counts what is read from it.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use refractory_core::ports::{
    Changes, DamagedRecord, Kind, Page, Position, Query, Record, Store, UniqueKey, Write,
};
use refractory_core::{MemoryStore, Result, async_trait};

/// A store in memory that counts the records it returns. Clones are handles on the same store.
#[derive(Debug, Clone, Default)]
pub struct CountingStore {
    inner: Arc<MemoryStore>,
    reads: Arc<AtomicUsize>,
}

impl CountingStore {
    /// Counts what is read from `inner` through it.
    pub fn of(inner: Arc<MemoryStore>) -> Self {
        Self { inner, reads: Arc::default() }
    }

    /// The store itself, which counts nothing.
    pub fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    /// How many records were read since the last call: by id and key, on pages, and as changes. A record that is not there counts
    /// as one, because asking for it costs as much.
    pub fn take_reads(&self) -> usize {
        self.reads.swap(0, Ordering::SeqCst)
    }

    fn count(&self, records: usize) {
        self.reads.fetch_add(records, Ordering::SeqCst);
    }
}

#[async_trait]
impl Store for CountingStore {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        self.count(1);
        self.inner.load(kind, id).await
    }
    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        self.count(1);
        self.inner.find(key).await
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        let page = self.inner.query(query).await?;
        self.count(page.records.len() + page.damaged.len());
        Ok(page)
    }
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        self.inner.commit(writes).await
    }
    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let changes = self.inner.changes(kind, after, limit).await?;
        self.count(changes.changes.len());
        Ok(changes)
    }
    async fn position(&self, kind: Kind) -> Result<Position> {
        self.inner.position(kind).await
    }
    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        self.inner.discard(record).await
    }
}

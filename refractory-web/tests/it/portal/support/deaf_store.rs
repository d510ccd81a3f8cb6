//! A store that hears of no events for a while.
use std::sync::atomic::{AtomicBool, Ordering};

use refractory_core::ports::{
    Changes, Kind, Page, Position, Query, Record, Store, UniqueKey, Write,
};
use refractory_core::{Error, ErrorKind, Result, async_trait};
use tokio::sync::Notify;

use super::SharedStore;

/// A store whose changes of events cannot be read while it is deaf; all else goes on.
#[derive(Debug, Default)]
pub(crate) struct DeafStore {
    pub(crate) inner: SharedStore,
    pub(crate) is_deaf: AtomicBool,
    /// Told when it was asked in vain.
    pub(crate) refused: Notify,
}

#[async_trait]
impl Store for DeafStore {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        self.inner.load(kind, id).await
    }

    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        self.inner.find(key).await
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        self.inner.query(query).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        self.inner.commit(writes).await
    }

    async fn position(&self, kind: Kind) -> Result<Position> {
        self.inner.position(kind).await
    }

    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        if kind == Kind::Event && self.is_deaf.load(Ordering::SeqCst) {
            self.refused.notify_one();
            return Err(Error::new(ErrorKind::Unavailable, "reading changes"));
        }
        self.inner.changes(kind, after, limit).await
    }
}

//! What front ends remember, which of them leads, and what they pass on, through the handle.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
mod deliveries;
mod leadership;
mod records;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use refractory_core::ports::{
    Changes, DamagedRecord, Kind, Page, Position, Query, Record, Store, UniqueKey, Write,
};
use refractory_core::{Error, ErrorKind, MemoryStore, Refractory, Result, async_trait};
use testkit::clock::PausedClock;
use testkit::world::World;

/// One process over a store that others have, too. What it is told of its writes can be lost, and so can the store.
#[derive(Debug, Clone, Default)]
struct Connection {
    store: Arc<MemoryStore>,
    state: Arc<AtomicU8>,
}

impl Connection {
    const DOWN: u8 = 1;
    const LOSES_ANSWERS: u8 = 2;

    fn to(store: &Arc<MemoryStore>) -> Self {
        Self { store: Arc::clone(store), state: Arc::default() }
    }

    fn set(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
    }

    fn check(&self, during: &'static str, state: u8) -> Result<()> {
        if self.state.load(Ordering::SeqCst) == state {
            return Err(Error::new(ErrorKind::Unavailable, during));
        }
        Ok(())
    }

    /// A handle of this process, by `clock`.
    fn handle(&self, clock: &PausedClock) -> Refractory {
        let builder = Refractory::builder(World::default()).store(self.clone());
        builder.clock(clock.clone()).build().0
    }
}

#[async_trait]
impl Store for Connection {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        self.check("loading", Self::DOWN)?;
        self.store.load(kind, id).await
    }
    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        self.check("finding", Self::DOWN)?;
        self.store.find(key).await
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        self.check("listing", Self::DOWN)?;
        self.store.query(query).await
    }
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        self.check("writing", Self::DOWN)?;
        let written = self.store.commit(writes).await;
        self.check("writing", Self::LOSES_ANSWERS)?;
        written
    }
    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        self.check("looking for changes", Self::DOWN)?;
        self.store.changes(kind, after, limit).await
    }
    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        self.store.discard(record).await
    }
}

/// A handle over a new store.
fn app() -> (Refractory, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::default());
    (Connection::to(&store).handle(&PausedClock::default()), store)
}

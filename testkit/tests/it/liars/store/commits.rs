//! Lies about several writes.
use refractory_core::ports::{Kind, Record, Store, Write, check_writes};
use refractory_core::{MemoryStore, Result, async_trait};
use tokio::task::yield_now;

use super::{Lie, Memory, conflict, lie};

/// Makes `writes` one after another.
async fn one_by_one(honest: &MemoryStore, writes: &[Write]) -> Result<Vec<Record>> {
    let mut written = Vec::new();
    for write in writes {
        written.extend(honest.commit(std::slice::from_ref(write)).await?);
    }
    Ok(written)
}

lie!(EventsAreForgotten {
    async fn commit(&self, honest: &MemoryStore, writes: &[Write]) -> Result<Vec<Record>> {
        let (first, rest) = writes.split_at(writes.len().min(1));
        check_writes(writes)?;
        let mut written = honest.commit(first).await?;
        written.extend(rest.iter().map(Write::written));
        Ok(written)
    }
});

lie!(WritesOneByOne {
    async fn commit(&self, honest: &MemoryStore, writes: &[Write]) -> Result<Vec<Record>> {
        check_writes(writes)?;
        // Whether keys go round is another clause.
        match honest.commit(writes).await {
            Err(_) => one_by_one(honest, writes).await,
            written => written,
        }
    }
});

lie!(KeysAreTakenInOrder {
    async fn commit(&self, honest: &MemoryStore, writes: &[Write]) -> Result<Vec<Record>> {
        for write in writes.iter().filter(|write| !matches!(write, Write::Delete(_))) {
            for key in write.record().unique() {
                let holder = honest.find(&key).await?;
                if holder.is_some_and(|holder| holder.id() != write.record().id()) {
                    return Err(conflict());
                }
            }
        }
        honest.commit(writes).await
    }
});

lie!(AnyTwoWrites {
    async fn commit(&self, honest: &MemoryStore, writes: &[Write]) -> Result<Vec<Record>> {
        match writes {
            [first, second] if first.at() == second.at() => {
                honest.commit(std::slice::from_ref(first)).await
            }
            _ => honest.commit(writes).await,
        }
    }
});

lie!(AnyNumber {
    async fn commit(&self, honest: &MemoryStore, writes: &[Write]) -> Result<Vec<Record>> {
        let mut written = Vec::new();
        for writes in writes.chunks(refractory_core::ports::MAX_WRITES) {
            written.extend(honest.commit(writes).await?);
        }
        Ok(written)
    }
});

lie!(DroppedCommitKeepsItsLock(Memory) {
    async fn commit(&self, honest: &MemoryStore, writes: &[Write]) -> Result<Vec<Record>> {
        let ids: Vec<_> =
            writes.iter().filter(|it| it.at().0 == Kind::Instance).map(|it| it.at().1).collect();
        let lock = ids.join(" ");
        if !self.0.add(&lock) {
            return Err(conflict());
        }
        yield_now().await;
        let outcome = honest.commit(writes).await;
        self.0.forget(&lock);
        outcome
    }
});

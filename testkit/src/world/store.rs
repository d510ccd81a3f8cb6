//! The store and the vault of the world: a store in memory, watched by the rules of the house.
use std::sync::{Arc, PoisonError};

use refractory_core::model::License;
use refractory_core::ports::{
    Aggregate, Changes, DamagedRecord, Kind, Observed, Page, Position, Query, Record, Store,
    UniqueKey, Vault, Write,
};
use refractory_core::{MemoryStore, Result, Secret, SecretName, async_trait};

use super::World;
use super::call::ready_now;

/// Every row of a store, as a backup has it.
#[derive(Debug, Clone)]
pub struct Backup(Vec<Record>);

impl World {
    /// A backup of everything written down now.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub fn back_up(&self) -> Result<Backup> {
        let rows: Arc<dyn Store> = self.rows();
        let mut all = Vec::new();
        for kind in Kind::ALL {
            all.extend(ready_now(rows.gather(Query::all(kind)))?.records);
        }
        Ok(Backup(all))
    }

    /// Puts an older backup in the place of what is written down. Nothing else in the world changes.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub fn roll_back(&self, backup: &Backup) -> Result<()> {
        let older = MemoryStore::default();
        for row in &backup.0 {
            let mut written = ready_now(older.insert(row))?;
            while written.revision() < row.revision() {
                written = ready_now(older.save(&written))?;
            }
        }
        *self.store.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(older);
        Ok(())
    }

    /// Makes the row `id` one that cannot be read, as a disk would.
    pub fn damage(&self, kind: Kind, id: &str) -> bool {
        self.rows().damage(kind, id)
    }

    fn watched_commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        let rows = self.rows();
        let mut before = Vec::new();
        for write in writes {
            if let Write::Save(Record::License(license)) = write {
                let stored = ready_now(rows.load(Kind::License, license.id.as_str()));
                before.push(stored.ok().flatten().and_then(License::from_record));
            } else {
                before.push(None);
            }
        }
        let written = ready_now(rows.commit(writes))?;
        for (before, after) in before.into_iter().zip(&written) {
            if let (Some(before), Record::License(after)) = (before, after) {
                self.check_lease(&before, after);
            }
        }
        Ok(written)
    }
}

/// What a commit is called among the calls of the world: after its first write, which its events come with.
fn called(writes: &[Write]) -> &'static str {
    match writes.first() {
        Some(Write::Save(_)) => "store.save",
        Some(Write::Delete(_)) => "store.delete",
        Some(Write::Insert(_)) | None => "store.insert",
    }
}

#[async_trait]
impl Store for World {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        let id = id.to_owned();
        self.call("store.load", move |world| ready_now(world.rows().load(kind, &id))).await
    }

    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        let key = key.clone();
        self.call("store.find", move |world| ready_now(world.rows().find(&key))).await
    }

    async fn query(&self, query: &Query) -> Result<Page> {
        let query = query.clone();
        self.call("store.query", move |world| ready_now(world.rows().query(&query))).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        let writes = writes.to_vec();
        self.call(called(&writes), move |world| world.watched_commit(&writes)).await
    }

    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let told = move |world: &Self| ready_now(world.rows().changes(kind, after, limit));
        self.call("store.changes", told).await
    }

    async fn position(&self, kind: Kind) -> Result<Position> {
        let told = move |world: &Self| ready_now(world.rows().position(kind));
        self.call("store.position", told).await
    }

    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        let record = record.clone();
        self.call("store.discard", move |world| ready_now(world.rows().discard(&record))).await
    }
}

#[async_trait]
impl Vault for World {
    async fn ensure(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>> {
        let (name, fresh) = (name.clone(), fresh.clone());
        self.call("vault.ensure", move |world| ready_now(world.vault.ensure(&name, &fresh))).await
    }

    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>> {
        let name = name.clone();
        self.call("vault.observe", move |world| ready_now(world.vault.observe(&name))).await
    }

    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>> {
        let name = name.clone();
        self.call("vault.remove", move |world| ready_now(world.vault.remove(&name))).await
    }

    async fn list(&self) -> Result<Vec<SecretName>> {
        self.call("vault.list", move |world| ready_now(world.vault.list())).await
    }
}

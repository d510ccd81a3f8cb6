//! The store and the vault of the world: a store in memory, watched by the rules of the house.
use std::sync::{Arc, PoisonError};

use refractory_core::model::License;
use refractory_core::ports::{
    Body, DamagedRecord, Head, Kind, Observed, Records, Store, Table, Vault,
};
use refractory_core::{MemoryStore, Result, Secret, SecretName, async_trait};

use super::World;
use super::call::at_once;

/// Every row of a store, as a backup has it.
#[derive(Debug, Clone)]
pub struct Backup(Vec<Body>);

impl World {
    /// A backup of everything written down now.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub fn back_up(&self) -> Result<Backup> {
        let rows = self.rows();
        let mut all = Vec::new();
        for kind in Kind::ALL {
            all.extend(at_once(rows.list(kind))?);
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
            let mut written = at_once(older.insert(row))?;
            while written.revision() < row.revision() {
                written = at_once(older.save(&written))?;
            }
        }
        *self.store.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(older);
        Ok(())
    }

    /// Makes the row `id` one that cannot be read, as a disk would.
    pub fn damage(&self, kind: Kind, id: &str) -> bool {
        self.rows().damage(kind, id)
    }

    fn watched_save(&self, row: &Body) -> Result<Body> {
        let rows = self.rows();
        let before = if let Body::License(license) = row {
            at_once(Table::<License>::of(rows.as_ref()).load(license.id.as_str()))?
        } else {
            None
        };
        let saved = at_once(rows.save(row))?;
        if let (Some(before), Body::License(after)) = (before, &saved) {
            self.check_lease(&before, after);
        }
        Ok(saved)
    }
}

#[async_trait]
impl Store for World {
    async fn insert(&self, row: &Body) -> Result<Body> {
        let row = row.clone();
        self.call("store.insert", move |world| at_once(world.rows().insert(&row))).await
    }

    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Body>> {
        let id = id.to_owned();
        self.call("store.load", move |world| at_once(world.rows().load(kind, &id))).await
    }

    async fn find(&self, kind: Kind, unique: &str) -> Result<Option<Body>> {
        let unique = unique.to_owned();
        self.call("store.find", move |world| at_once(world.rows().find(kind, &unique))).await
    }

    async fn list(&self, kind: Kind) -> Result<Vec<Body>> {
        self.call("store.list", move |world| at_once(world.rows().list(kind))).await
    }

    async fn scan(&self, kind: Kind) -> Result<Records> {
        self.call("store.list", move |world| at_once(world.rows().scan(kind))).await
    }

    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        let record = record.clone();
        self.call("store.discard", move |world| at_once(world.rows().discard(&record))).await
    }

    async fn heads(&self, kind: Kind) -> Result<Vec<Head>> {
        self.call("store.heads", move |world| at_once(world.rows().heads(kind))).await
    }

    async fn save(&self, row: &Body) -> Result<Body> {
        let row = row.clone();
        self.call("store.save", move |world| world.watched_save(&row)).await
    }

    async fn delete(&self, row: &Body) -> Result<()> {
        let row = row.clone();
        self.call("store.delete", move |world| at_once(world.rows().delete(&row))).await
    }
}

#[async_trait]
impl Vault for World {
    async fn ensure(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>> {
        let (name, fresh) = (name.clone(), fresh.clone());
        self.call("vault.ensure", move |world| at_once(world.vault.ensure(&name, &fresh))).await
    }

    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>> {
        let name = name.clone();
        self.call("vault.observe", move |world| at_once(world.vault.observe(&name))).await
    }

    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>> {
        let name = name.clone();
        self.call("vault.remove", move |world| at_once(world.vault.remove(&name))).await
    }

    async fn list(&self) -> Result<Vec<SecretName>> {
        self.call("vault.list", move |world| at_once(world.vault.list())).await
    }
}

//! What the records of instances explain, read at a cost that follows what runs and what has changed.
use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::{Mutex, MutexGuard};

use crate::model::{Instance, Step};
use crate::ports::{Collection, Follower, Index, Kind, Query, Store};
use crate::{ErrorKind, InstanceId, LaunchId, Result};

/// Which instances there are, as far as this worker has followed them: at its start it reads the ids of all, and later those of
/// what was written since.
#[derive(Debug)]
pub(super) struct KnownInstances(Mutex<Follower>);

impl Default for KnownInstances {
    fn default() -> Self {
        Self(Mutex::new(Follower::new(Kind::Instance)))
    }
}

impl KnownInstances {
    /// The instances there are now.
    pub(super) async fn now(&self, store: &dyn Store) -> Result<MutexGuard<'_, Follower>> {
        let mut follower = self.0.lock().await;
        follower.poll(store).await?;
        Ok(follower)
    }
}

/// What the journals say there should be. Whatever would be taken for an orphan is looked up once more, by its id: only that
/// record decides. One that cannot be read may explain anything of its instance, so all of it is explained.
pub(super) struct Records<'a> {
    store: &'a dyn Store,
    /// Those that are on, or of which something was begun: what runs is of these, whatever else there is.
    active: BTreeMap<InstanceId, Instance>,
}

impl<'a> Records<'a> {
    /// Reads the instances that are active.
    pub(super) async fn read(store: &'a dyn Store) -> Result<Self> {
        let active = Query::index(Index::InstanceActive);
        let (active, _) = Collection::<Instance>::of(store).gather(active).await?;
        let active = active.into_iter().map(|row| (row.id.clone(), row)).collect();
        Ok(Self { store, active })
    }

    /// Those of `ids` of which there is no record.
    pub(super) async fn missing<'b>(
        &self,
        ids: impl Iterator<Item = &'b InstanceId>,
        known: &Follower,
    ) -> Result<BTreeSet<InstanceId>> {
        self.without(ids.filter(|id| !known.knows(id.as_str())), |_| true).await
    }

    /// Those of `ids` whose record has nothing of `step`.
    pub(super) async fn lacking<'b>(
        &self,
        step: Step,
        ids: impl Iterator<Item = &'b InstanceId>,
    ) -> Result<BTreeSet<InstanceId>> {
        self.without(ids, |row| row.journal.get(step).is_some()).await
    }

    /// Those of `ids` that no record explains `by` what it says. Each is asked for once.
    async fn without<'b>(
        &self,
        ids: impl Iterator<Item = &'b InstanceId>,
        by: impl Fn(&Instance) -> bool + Send + Sync,
    ) -> Result<BTreeSet<InstanceId>> {
        let ids: BTreeSet<_> = ids.collect();
        let mut without = BTreeSet::new();
        for id in ids {
            if !self.explains(id, &by).await? {
                without.insert(id.clone());
            }
        }
        Ok(without)
    }

    /// Those of `launches` that are not the launch of their record.
    pub(super) async fn unexplained(&self, launches: Vec<LaunchId>) -> Result<Vec<LaunchId>> {
        let mut unexplained = Vec::new();
        for key in launches {
            let is_its_own =
                |row: &Instance| row.journal.get(Step::Runtime).is_some() && row.launch_id() == key;
            if !self.explains(&key.instance, is_its_own).await? {
                unexplained.push(key);
            }
        }
        Ok(unexplained)
    }

    async fn explains(
        &self,
        id: &InstanceId,
        by: impl Fn(&Instance) -> bool + Send,
    ) -> Result<bool> {
        if self.active.get(id).is_some_and(&by) {
            return Ok(true);
        }
        match Collection::<Instance>::of(self.store).load(id.as_str()).await {
            Ok(row) => Ok(row.as_ref().is_some_and(&by)),
            Err(error) if error.kind() == ErrorKind::Damaged => Ok(true),
            Err(error) => Err(error),
        }
    }
}

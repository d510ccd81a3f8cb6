//! Following what changes.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{Deployment, Refractory};
use crate::model::Instance;
use crate::ports::{Collection, DamagedRecord, Follower, Kind};
use crate::{ErrorKind, InstanceId, Result};

/// What has changed since the last look.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Instances that are new or were written.
    pub changed: Vec<Instance>,
    /// Instances that are gone.
    pub gone: Vec<InstanceId>,
    /// Instances whose records were found not to be readable. What was last known of them is not known to be wrong.
    pub damaged: Vec<DamagedRecord>,
}

impl Changes {
    /// Whether nothing has.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty() && self.damaged.is_empty()
    }
}

/// Waits for writes: those made in this process are known at once, others when the store is asked again.
#[derive(Debug)]
pub(super) struct WriteSignal {
    nudges: tokio::sync::watch::Receiver<u64>,
    resync: Duration,
}

impl WriteSignal {
    pub(super) fn of(deployment: &Deployment) -> Self {
        Self { nudges: deployment.nudge.subscribe(), resync: deployment.options.resync }
    }

    /// To be called before the store is asked: what is written after that is not missed.
    pub(super) fn begin(&mut self) {
        self.nudges.mark_unchanged();
    }

    pub(super) async fn wait(&mut self) {
        let _changed_or_due = tokio::time::timeout(self.resync, self.nudges.changed()).await;
    }
}

/// Follows all instances, whoever changes them. One for a process is enough: fan out from there.
#[derive(Debug)]
pub struct Watch {
    deployment: Arc<Deployment>,
    signal: WriteSignal,
    follower: Follower,
    /// What was written and is still to be read, and what is gone and still to be told.
    written: BTreeSet<String>,
    gone: BTreeSet<String>,
    /// Those that could not be read. A hand that mends one does not count its revision on.
    damaged: BTreeSet<String>,
}

impl Refractory {
    /// A watch that first tells of every instance there is. Sees all; what people may see of it is the caller's to check.
    pub fn watch(&self) -> Watch {
        Watch {
            deployment: Arc::clone(&self.deployment),
            signal: WriteSignal::of(&self.deployment),
            follower: Follower::new(Kind::Instance),
            written: BTreeSet::new(),
            gone: BTreeSet::new(),
            damaged: BTreeSet::new(),
        }
    }
}

impl Watch {
    /// What has changed by now; perhaps nothing.
    ///
    /// # Errors
    ///
    /// As the store has them; the next call tells what this one could not.
    pub async fn poll(&mut self) -> Result<Changes> {
        let store = self.deployment.ports.store.as_ref();
        self.signal.begin();
        let followed = self.follower.poll(store).await?;
        self.gone.retain(|id| !followed.written.contains_key(id));
        self.written.retain(|id| !followed.gone.contains(id));
        self.written.extend(followed.written.into_keys());
        self.gone.extend(followed.gone);
        self.damaged.retain(|id| !self.gone.contains(id));
        let (mut changes, mut fresh) = (Changes::default(), Vec::new());
        for id in self.written.union(&self.damaged) {
            match Collection::<Instance>::of(store).load(id).await {
                Ok(row) => changes.changed.extend(row),
                // One that cannot be read keeps no one from hearing of the others.
                Err(error) if error.kind() == ErrorKind::Damaged => {
                    if !self.damaged.contains(id) {
                        tracing::error!(instance = id, ?error, "a record is damaged");
                        fresh.extend(store.damaged_record(Kind::Instance, id).await?);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        for row in &changes.changed {
            self.damaged.remove(row.id.as_str());
        }
        self.damaged.extend(fresh.iter().map(|record| record.id.clone()));
        changes.damaged = fresh;
        self.written.clear();
        let gone = std::mem::take(&mut self.gone);
        changes.gone.extend(gone.iter().filter_map(|id| InstanceId::new(id).ok()));
        Ok(changes)
    }

    /// Waits until something has changed.
    ///
    /// # Errors
    ///
    /// As the store has them; the next call tells what this one could not.
    pub async fn next(&mut self) -> Result<Changes> {
        loop {
            let changes = self.poll().await?;
            if !changes.is_empty() {
                return Ok(changes);
            }
            self.signal.wait().await;
        }
    }
}

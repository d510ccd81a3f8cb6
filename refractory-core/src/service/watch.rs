//! Following what changes.
use std::collections::{BTreeMap, BTreeSet};

use super::{Deployment, Refractory};
use crate::model::Instance;
use crate::ports::{DamagedRecord, Kind, Table};
use crate::{ErrorKind, InstanceId, Result};
use std::sync::Arc;

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

/// Follows all instances, whoever changes them. One for a process is enough: fan out from there.
#[derive(Debug)]
pub struct Watch {
    deployment: Arc<Deployment>,
    nudges: tokio::sync::watch::Receiver<u64>,
    known: BTreeMap<String, u64>,
    /// Those of the known ones that could not be read. A hand that mends one does not count its revision on.
    damaged: BTreeSet<String>,
}

impl Refractory {
    /// A watch that first tells of every instance there is. Sees all; what people may see of it is the caller's to check.
    pub fn watch(&self) -> Watch {
        Watch {
            deployment: Arc::clone(&self.deployment),
            nudges: self.deployment.nudge.subscribe(),
            known: BTreeMap::new(),
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
        self.nudges.mark_unchanged();
        let heads = store.heads(Kind::Instance).await?;
        let (mut changes, mut fresh) = (Changes::default(), Vec::new());
        for head in &heads {
            let was_damaged = self.damaged.contains(&head.id);
            if self.known.get(&head.id) == Some(&head.revision) && !was_damaged {
                continue;
            }
            match Table::<Instance>::of(store).load(&head.id).await {
                Ok(Some(row)) => {
                    self.damaged.remove(&head.id);
                    self.known.insert(head.id.clone(), row.revision);
                    changes.changed.push(row);
                }
                Ok(None) => {}
                // One that cannot be read keeps nobody from hearing of the others.
                Err(error) if error.kind() == ErrorKind::Damaged && was_damaged => {}
                Err(error) if error.kind() == ErrorKind::Damaged => {
                    tracing::error!(instance = head.id, ?error, "a record is damaged");
                    fresh.push(head);
                }
                Err(error) => return Err(error),
            }
        }
        if !fresh.is_empty() {
            let all = store.scan(Kind::Instance).await?.damaged;
            let is_fresh = |id: &str| fresh.iter().any(|head| head.id == id);
            changes.damaged = all.into_iter().filter(|record| is_fresh(&record.id)).collect();
            for head in fresh {
                self.known.insert(head.id.clone(), head.revision);
                self.damaged.insert(head.id.clone());
            }
        }
        let there = |id: &String| heads.iter().any(|head| head.id == *id);
        let gone: Vec<String> = self.known.keys().filter(|id| !there(id)).cloned().collect();
        for id in gone {
            self.known.remove(&id);
            self.damaged.remove(&id);
            changes.gone.extend(InstanceId::new(&id));
        }
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
            // A change made here nudges; one made by another process is seen when the store is asked again.
            let _changed_or_due =
                tokio::time::timeout(self.deployment.patience.resync, self.nudges.changed()).await;
        }
    }
}

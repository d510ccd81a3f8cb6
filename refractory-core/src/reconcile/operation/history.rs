//! What is kept of operations and of backups whose instance is gone.
use super::super::Worker;
use crate::model::{Backup, Instance, Operation, OperationKind, Principal, Subject};
use crate::ports::{Collection, Index, Query, UniqueKey};
use crate::service::Deployment;
use crate::{ErrorKind, Result};

/// Records that one run of a duty looks at. What is left is met by the next run.
const SLICE: usize = 200;

impl Worker {
    /// Deletes the records of operations that ended long ago.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub(in crate::reconcile) async fn trim_operations(&self) -> Result<()> {
        let Deployment { clock, options, ports, .. } = &*self.deployment;
        let operations = Collection::<Operation>::of(ports.store.as_ref());
        let old =
            Query::index(Index::OperationByEnd).until(clock.now().before(options.operations_age));
        let old = operations.first(old, SLICE).await?;
        self.deployment.delete_all(old.into_iter()).await
    }

    /// Asks for the deletion of backups whose instance was deleted long ago.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub(in crate::reconcile) async fn retire_backups(&self) -> Result<()> {
        let Deployment { clock, options, ports, .. } = &*self.deployment;
        let now = clock.now();
        let Some(age) = options.orphaned_backups_age else { return Ok(()) };
        let backups = Collection::<Backup>::of(ports.store.as_ref());
        let old = Query::index(Index::BackupOrphaned).until(now.before(age));
        for backup in backups.first(old, SLICE).await? {
            let kind = OperationKind::DeleteBackup { backup: backup.reference() };
            let operation = Operation::new(&Principal::system(), kind, Subject::from(&backup), now);
            match Collection::of(ports.store.as_ref()).insert(&operation).await {
                // One at a time for each instance: the next run asks for the next.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                asked => drop(asked?),
            }
        }
        self.deployment.nudge_operations();
        Ok(())
    }

    /// Prepares for the record of a deleted instance to go: no operation is at work on it any more, and its backups say that it is
    /// gone. Whether all of that holds.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub(in crate::reconcile) async fn part_with(&self, row: &Instance) -> Result<bool> {
        let store = self.deployment.ports.store.as_ref();
        for lane in OperationKind::LANES {
            if store.find(&UniqueKey::operation(&row.id, lane)).await?.is_some() {
                self.deployment.nudge_operations();
                return Ok(false);
            }
        }
        let now = self.deployment.clock.now();
        let backups = Collection::<Backup>::of(store);
        let mut pages = backups.pages(Query::partition(Index::BackupByInstance, row.id.as_str()));
        while let Some(page) = pages.next().await? {
            for backup in page.records.iter().filter(|backup| backup.orphaned.is_none()) {
                let mark = |backup: &mut Backup| {
                    let fresh = backup.orphaned.is_none();
                    backup.orphaned.get_or_insert(now);
                    Ok(fresh)
                };
                backups.update(backup.id.as_str(), mark).await?;
            }
        }
        Ok(true)
    }
}

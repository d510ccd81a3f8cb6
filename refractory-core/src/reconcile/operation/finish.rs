//! The end of an operation, written together with what it came to.
use super::super::Worker;
use crate::model::{
    Backup, BackupCheck, BackupRef, Event, EventKind, Instance, Operation, OperationEnd,
    OperationFailure, OperationKind, OperationName, OperationOutcome,
};
use crate::ports::{Collection, Commit};
use crate::{Result, Timestamp};

impl Worker {
    /// Writes down what `operation` came to. The record of a backup agrees with the operation that made, read or deleted it, so both
    /// are written in one commit.
    pub(super) async fn finish_operation(
        &self,
        mut operation: Operation,
        outcome: OperationOutcome,
    ) -> Result<()> {
        let now = self.deployment.clock.now();
        operation.end = Some(OperationEnd { at: now, outcome });
        (operation.claim, operation.fault, operation.failed) = (None, None, None);
        let mut commit = Commit::save(&operation).events(told(&operation, now));
        commit = match self.backup_after(&operation, now).await? {
            BackupWrite::None => commit,
            BackupWrite::Insert(backup) => commit.and(Commit::insert(&*backup)),
            BackupWrite::Save(backup) => commit.and(Commit::save(&*backup)),
            BackupWrite::Delete(backup) => commit.and(Commit::delete(&*backup)),
        };
        Collection::of(self.deployment.ports.store.as_ref()).commit(&commit).await?;
        self.deployment.nudge();
        Ok(())
    }

    /// What becomes of the record of the backup that `operation` was about.
    async fn backup_after(&self, operation: &Operation, now: Timestamp) -> Result<BackupWrite> {
        let store = self.deployment.ports.store.as_ref();
        let Some(OperationEnd { outcome, .. }) = &operation.end else {
            return Ok(BackupWrite::None);
        };
        let succeeded = *outcome == OperationOutcome::Succeeded;
        match &operation.kind {
            OperationKind::CreateBackup { backup, .. } if succeeded => {
                let of =
                    Collection::<Instance>::of(store).load_readable(backup.of.as_str()).await?;
                let orphaned = of.is_none().then_some(now);
                Ok(BackupWrite::Insert(Box::new(made(operation, backup, orphaned))))
            }
            OperationKind::VerifyBackup { backup } => {
                let damage = match outcome {
                    OperationOutcome::Succeeded => None,
                    OperationOutcome::Failed(failure) => Some(failure.message.clone()),
                    OperationOutcome::Canceled | OperationOutcome::Superseded => {
                        return Ok(BackupWrite::None);
                    }
                };
                let known =
                    Collection::<Backup>::of(store).load_readable(backup.id.as_str()).await?;
                Ok(known.map_or(BackupWrite::None, |known| {
                    let check = Some(BackupCheck { at: now, damage });
                    BackupWrite::Save(Box::new(Backup { check, ..known }))
                }))
            }
            OperationKind::DeleteBackup { backup } if succeeded => {
                let known =
                    Collection::<Backup>::of(store).load_readable(backup.id.as_str()).await?;
                Ok(known.map_or(BackupWrite::None, |known| BackupWrite::Delete(Box::new(known))))
            }
            OperationKind::CreateBackup { .. }
            | OperationKind::DeleteBackup { .. }
            | OperationKind::RestoreBackup { .. }
            | OperationKind::RotateAssetCredentials { .. } => Ok(BackupWrite::None),
        }
    }
}

/// What is written with the end of an operation.
enum BackupWrite {
    None,
    Insert(Box<Backup>),
    Save(Box<Backup>),
    Delete(Box<Backup>),
}

fn made(operation: &Operation, backup: &BackupRef, orphaned: Option<Timestamp>) -> Backup {
    Backup {
        id: backup.id.clone(),
        of: backup.of.clone(),
        at: backup.at,
        slug: operation.slug.clone(),
        title: operation.title.clone(),
        requested_by: operation.requested_by.clone(),
        requester: operation.requester.clone(),
        size: operation.size.unwrap_or_default(),
        check: None,
        orphaned,
        revision: 0,
    }
}

/// What is told of the end of `operation`.
fn told(operation: &Operation, now: Timestamp) -> Option<Event> {
    let (id, what) = (operation.id.clone(), operation.kind.name());
    let backup = operation.kind.backup().map(|backup| backup.id.clone());
    let kind = match operation.end.as_ref().map(|end| &end.outcome)? {
        // The user who canceled it was told.
        OperationOutcome::Superseded | OperationOutcome::Canceled => return None,
        OperationOutcome::Succeeded if what == OperationName::RotateAssetCredentials => {
            EventKind::CredentialsRotated
        }
        OperationOutcome::Succeeded => {
            EventKind::OperationSucceeded { operation: id, what, backup }
        }
        OperationOutcome::Failed(OperationFailure { cause, message, .. }) => {
            let (cause, message) = (cause.clone(), message.clone());
            EventKind::OperationFailed { operation: id, what, backup, cause, message }
        }
    };
    Some(Event { instance: Some(operation.named()), ..Event::by_system(now, kind) })
}

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
        let mut commit = Commit::save(&operation).events(end_event(&operation, now));
        if let Some(backup) = self.backup_after(&operation, now).await? {
            commit = commit.and(backup);
        }
        Collection::of(self.deployment.ports.store.as_ref()).commit(&commit).await?;
        self.deployment.nudge();
        Ok(())
    }

    /// What is written of the backup that `operation` was about.
    async fn backup_after(
        &self,
        operation: &Operation,
        now: Timestamp,
    ) -> Result<Option<Commit<Backup>>> {
        let store = self.deployment.ports.store.as_ref();
        let Some(OperationEnd { outcome, .. }) = &operation.end else { return Ok(None) };
        let succeeded = *outcome == OperationOutcome::Succeeded;
        match &operation.kind {
            OperationKind::CreateBackup { backup, .. } if succeeded => {
                let of =
                    Collection::<Instance>::of(store).load_readable(backup.of.as_str()).await?;
                let orphaned = of.is_none().then_some(now);
                Ok(Some(Commit::insert(&made(operation, backup, orphaned))))
            }
            OperationKind::VerifyBackup { backup } => {
                let damage = match outcome {
                    OperationOutcome::Succeeded => None,
                    OperationOutcome::Failed(failure) => Some(failure.message.clone()),
                    OperationOutcome::Canceled | OperationOutcome::Superseded => return Ok(None),
                };
                let known =
                    Collection::<Backup>::of(store).load_readable(backup.id.as_str()).await?;
                let check = Some(BackupCheck { at: now, damage });
                Ok(known.map(|known| Commit::save(&Backup { check, ..known })))
            }
            OperationKind::DeleteBackup { backup } => {
                let known =
                    Collection::<Backup>::of(store).load_readable(backup.id.as_str()).await?;
                Ok(known.and_then(|known| match outcome {
                    OperationOutcome::Succeeded => Some(Commit::delete(&known)),
                    // It is tried again when its time is over once more, and not with every look.
                    OperationOutcome::Failed(_) => {
                        Some(Commit::save(&Backup { deletion_failed: Some(now), ..known }))
                    }
                    OperationOutcome::Canceled | OperationOutcome::Superseded => None,
                }))
            }
            OperationKind::CreateBackup { .. }
            | OperationKind::RestoreBackup { .. }
            | OperationKind::RotateAssetCredentials { .. } => Ok(None),
        }
    }
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
        deletion_failed: None,
        revision: 0,
    }
}

/// The event of the end of `operation`.
fn end_event(operation: &Operation, now: Timestamp) -> Option<Event> {
    let (id, what) = (operation.id.clone(), operation.kind.name());
    let backup = operation.kind.backup().map(|backup| backup.id.clone());
    let kind = match operation.end.as_ref().map(|end| &end.outcome)? {
        // The user who canceled it knows.
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

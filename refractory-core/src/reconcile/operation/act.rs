//! One step of an operation, one call.
use crate::model::{
    BackupRef, Hold, Instance, Operation, OperationKind, OperationStep, Record, Step, Waiting,
};
use crate::ports::{Collection, Observed, Progress, Reason, SnapshotName, Volume};
use crate::reconcile::bounded;
use crate::service::Deployment;
use crate::{Error, ErrorKind, InstanceId, OperationId, Result};

impl From<&BackupRef> for SnapshotName {
    fn from(backup: &BackupRef) -> Self {
        Self { of: backup.of.clone(), at: backup.at }
    }
}

impl Deployment {
    /// Does `step`, within one deadline. `Ready` carries the bytes of a snapshot, where the step tells them.
    pub(super) async fn run_step(
        &self,
        operation: &Operation,
        step: OperationStep,
    ) -> Result<Observed<Option<u64>>> {
        bounded(self.options.deadline, step.name(), self.call(operation, step)).await
    }

    async fn call(
        &self,
        operation: &Operation,
        step: OperationStep,
    ) -> Result<Observed<Option<u64>>> {
        let snapshots = &self.ports.snapshots;
        match (step, &operation.kind) {
            (OperationStep::Hold, _) => self.hold(operation).await,
            (OperationStep::Copy, OperationKind::CreateBackup { backup, .. }) => {
                match self.volume_of(&operation.subject).await? {
                    Observed::Ready(volume) => {
                        let made = snapshots.ensure(&backup.into(), &volume).await?;
                        Ok(made.map(|snapshot| Some(snapshot.size)))
                    }
                    other @ (Observed::Absent | Observed::Pending(_) | Observed::Broken(_)) => {
                        Ok(other.map(|_| None))
                    }
                }
            }
            (OperationStep::Restore, OperationKind::RestoreBackup { backup }) => {
                match self.volume_of(&operation.subject).await? {
                    Observed::Ready(volume) => {
                        Ok(snapshots.restore(&backup.into(), &volume).await?.map(|_| None))
                    }
                    other @ (Observed::Absent | Observed::Pending(_) | Observed::Broken(_)) => {
                        Ok(other.map(|_| None))
                    }
                }
            }
            (OperationStep::Verify, OperationKind::VerifyBackup { backup }) => {
                let verified = snapshots.verify(&backup.into(), operation.id.as_str()).await?;
                Ok(verified.map(|snapshot| Some(snapshot.size)))
            }
            (OperationStep::Remove, OperationKind::DeleteBackup { backup }) => {
                Ok(snapshots.remove(&backup.into()).await?.map(|_| None))
            }
            (OperationStep::Rotate, OperationKind::RotateAssetCredentials { before }) => {
                Ok(self.ports.assets.rotate(&operation.subject, *before).await?.map(|_| None))
            }
            (
                OperationStep::Copy
                | OperationStep::Restore
                | OperationStep::Verify
                | OperationStep::Remove
                | OperationStep::Rotate,
                _,
            ) => {
                let error = Error::new(ErrorKind::Unexpected, "carrying an operation out");
                Err(error.about("kind", operation.kind.name().as_str()).about("step", step.name()))
            }
        }
    }

    /// Takes `step` back, within one deadline.
    pub(super) async fn undo_step(
        &self,
        operation: &Operation,
        step: OperationStep,
    ) -> Result<Observed<()>> {
        let undone = async {
            match (step, operation.kind.backup()) {
                (OperationStep::Copy, Some(backup)) => {
                    Ok(self.ports.snapshots.remove(&backup.into()).await?.map(|_| ()))
                }
                (OperationStep::Hold, _) => {
                    self.end_hold(&operation.subject, &operation.id).await?;
                    Ok(Observed::Absent)
                }
                _ => Ok(Observed::Absent),
            }
        };
        bounded(self.options.deadline, "taking a step back", undone).await
    }

    /// The volume of `of`, looked for anew: its handle in the journal is a hint only.
    async fn volume_of(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        Ok(match self.ports.storage.observe(of).await? {
            Observed::Absent => Observed::Broken(Reason(
                "This table has no data yet. Start it once, then try again.".to_owned(),
            )),
            found @ (Observed::Pending(_) | Observed::Ready(_) | Observed::Broken(_)) => found,
        })
    }

    /// Keeps the subject of `operation` down; `Ready` once nothing of it runs.
    async fn hold(&self, operation: &Operation) -> Result<Observed<Option<u64>>> {
        let now = self.clock.now();
        let rows = Collection::<Instance>::of(self.ports.store.as_ref());
        let mut is_new = false;
        let updated = rows.update(operation.subject.as_str(), |row| {
            is_new = row.hold.is_none();
            if is_new {
                row.hold = Hold::of(operation, now);
            }
            Ok(is_new)
        });
        let Some(row) = updated.await? else { return Ok(Observed::Absent) };
        if is_new {
            self.nudge();
        }
        let Some(hold) = row.hold.as_ref().filter(|hold| hold.operation == operation.id) else {
            return Ok(waits(Waiting::OtherOperation));
        };
        if !row.is_at_rest() {
            return Ok(waits(Waiting::InstanceOff));
        }
        match row.journal.get(Step::Volume) {
            Some(Record::Held(_)) => Ok(Observed::Ready(None)),
            Some(Record::Intended(_) | Record::Lost) | None if !hold.needs_volume() => {
                Ok(Observed::Ready(None))
            }
            Some(Record::Intended(_) | Record::Lost) | None => match row.live_fault() {
                Some(fault) if fault.terminal => Err(Error::new(fault.kind, "preparing data")
                    .permanent()
                    .advise(fault.message.clone())),
                Some(_) | None => Ok(waits(Waiting::VolumePreparation)),
            },
        }
    }

    /// Ends the hold of `operation`, if it is one.
    pub(super) async fn end_hold(&self, of: &InstanceId, operation: &OperationId) -> Result<()> {
        let (rows, now) = (Collection::<Instance>::of(self.ports.store.as_ref()), self.clock.now());
        rows.update(of.as_str(), |row| Ok(row.release(operation, now))).await?;
        self.nudge();
        Ok(())
    }
}

fn waits<T>(what: Waiting) -> Observed<T> {
    Observed::Pending(Some(Progress::waiting(what)))
}

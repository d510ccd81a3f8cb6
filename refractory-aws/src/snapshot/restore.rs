//! Putting a snapshot in the place of what a volume holds.
use refractory_core::ports::{Observed, Progress, SnapshotName, Usage, Volume};
use refractory_core::{Error, ErrorKind, InstanceId, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::S3Snapshots;
use super::job_input::JobInputSigner;
use super::keys;
use super::keys::fresh_attempt;
use super::manifest::Manifest;
use crate::storage::job::{EcsJob, NextAction, Script};

/// A restore that has begun and is not finished. It is written before anything is touched, and gone when all is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RestoreIntent {
    /// Whose snapshot; the volume's own where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<InstanceId>,
    /// Which snapshot.
    pub(super) at: Timestamp,
    /// Which of the times that it was asked for.
    attempt: String,
}

impl RestoreIntent {
    /// Which snapshot is restored into the volume of `into`.
    pub(super) fn name(&self, into: &InstanceId) -> SnapshotName {
        SnapshotName { of: self.of.clone().unwrap_or_else(|| into.clone()), at: self.at }
    }

    fn what(&self) -> String {
        format!("restore:{}:{}", self.at.0, self.attempt)
    }
}

impl S3Snapshots {
    /// Takes the restore of `from` one step further.
    pub(super) async fn restore_step(
        &self,
        from: &SnapshotName,
        into: &Volume,
    ) -> Result<Observed<Volume>> {
        let of = &into.of;
        let manifest = self.manifest(from).await?.ok_or_else(|| no_snapshot(from))?;
        let standing = self.storage.jobs.history(of).await?;
        if !standing.working.is_empty() {
            return Ok(restoring_now());
        }
        let begun = self.intent(of).await?.filter(|intent| intent.name(of) == *from);
        if let Some(intent) = &begun
            && standing.done(&intent.what())
        {
            return self.finish_restore(of, into, &manifest).await;
        }
        self.check_not_running(of).await?;
        let intent = match begun {
            Some(intent) => intent,
            None => self.write_intent(from, of).await?,
        };
        match standing.next(&intent.what(), self.storage.jobs.now()) {
            NextAction::Wait => {}
            NextAction::Failed(error) => return Err(error),
            NextAction::Start(tries) => {
                self.begin_restore(from, of, &manifest, &intent, tries).await?;
            }
        }
        Ok(restoring_now())
    }

    /// The restore of `of` that has begun, if any.
    pub(super) async fn intent(&self, of: &InstanceId) -> Result<Option<RestoreIntent>> {
        let Some(found) = self.bucket.read(&keys::restoring(of)).await? else { return Ok(None) };
        let read = serde_json::from_slice(&found);
        read.map(Some).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "reading what is restored").caused_by(error)
        })
    }

    async fn write_intent(&self, from: &SnapshotName, of: &InstanceId) -> Result<RestoreIntent> {
        let foreign = (from.of != *of).then(|| from.of.clone());
        let intent = RestoreIntent { of: foreign, at: from.at, attempt: fresh_attempt() };
        let text = serde_json::to_vec(&intent).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "writing down what is restored").caused_by(error)
        })?;
        self.bucket.write(&keys::restoring(of), text).await?;
        Ok(intent)
    }

    async fn begin_restore(
        &self,
        from: &SnapshotName,
        of: &InstanceId,
        manifest: &Manifest,
        intent: &RestoreIntent,
        tries: usize,
    ) -> Result<()> {
        let (access_point, jobs) = (self.access_point(of).await?, &self.storage.jobs);
        let base = keys::attempt(from, &manifest.attempt);
        let signing = JobInputSigner::new(&self.bucket, &self.clients, jobs.now()).await?;
        let orders = signing.to_restore(&intent.attempt, &base, manifest).await?;
        let orders = jobs.write_input(of, orders).await?;
        let job = EcsJob {
            of,
            name: intent.what(),
            script: Script::Restore,
            access_point: &access_point,
            attempt: Some(&intent.attempt),
            input: Some(&orders),
            tries,
        };
        jobs.start(&job).await
    }

    async fn finish_restore(
        &self,
        of: &InstanceId,
        into: &Volume,
        manifest: &Manifest,
    ) -> Result<Observed<Volume>> {
        self.storage.jobs.clean_up(of).await?;
        if let Some(bytes) = manifest.usage {
            self.storage.record_size(of, bytes).await?;
        }
        self.bucket.remove(&keys::restoring(of)).await?;
        let usage = manifest.usage.map(|bytes| Usage { bytes, quota: None });
        Ok(Observed::Ready(Volume { usage, ..into.clone() }))
    }
}

fn restoring_now() -> Observed<Volume> {
    Observed::Pending(Some(Progress::new("its data is replaced").uninterruptible()))
}

fn no_snapshot(name: &SnapshotName) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a snapshot").about("at", name.at).advise(format!(
        "There is no snapshot of {} of this table. Choose one of the list.",
        name.at
    ))
}

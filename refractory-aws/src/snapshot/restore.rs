//! Putting a snapshot in the place of what a volume holds.
use refractory_core::ports::{Observed, Progress, SnapshotName, Usage, Volume};
use refractory_core::{Error, ErrorKind, InstanceId, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::S3Snapshots;
use super::copy::fresh_attempt;
use super::keys;
use super::manifest::Manifest;
use super::orders::Signing;
use crate::storage::errand::{Errand, Next, Script};

/// A restore that has begun and is not finished. It is written before anything is touched, and gone when all is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    /// Whose snapshot; the volume's own where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<InstanceId>,
    /// Which snapshot.
    pub(super) at: Timestamp,
    /// Which of the times that it was asked for.
    attempt: String,
}

impl Intent {
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
    pub(super) async fn restored(
        &self,
        from: &SnapshotName,
        into: &Volume,
    ) -> Result<Observed<Volume>> {
        let of = &into.of;
        let manifest = self.manifest(from).await?.ok_or_else(|| no_snapshot(from))?;
        let standing = self.storage.errands.standing(of).await?;
        if !standing.working.is_empty() {
            return Ok(at_work());
        }
        let begun = self.intent(of).await?.filter(|intent| intent.name(of) == *from);
        if let Some(intent) = &begun
            && standing.done(&intent.what())
        {
            return self.finished(of, into, &manifest).await;
        }
        self.at_rest(of).await?;
        let intent = match begun {
            Some(intent) => intent,
            None => self.intend(from, of).await?,
        };
        match standing.next(&intent.what(), self.storage.errands.now()) {
            Next::Wait => {}
            Next::Failed(error) => return Err(error),
            Next::Start(tries) => self.begin_restore(from, of, &manifest, &intent, tries).await?,
        }
        Ok(at_work())
    }

    /// The restore of `of` that has begun, if any.
    pub(super) async fn intent(&self, of: &InstanceId) -> Result<Option<Intent>> {
        let Some(found) = self.bucket.read(&keys::restoring(of)).await? else { return Ok(None) };
        let read = serde_json::from_slice(&found);
        read.map(Some).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "reading what is restored").caused_by(error)
        })
    }

    async fn intend(&self, from: &SnapshotName, of: &InstanceId) -> Result<Intent> {
        let foreign = (from.of != *of).then(|| from.of.clone());
        let intent = Intent { of: foreign, at: from.at, attempt: fresh_attempt() };
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
        intent: &Intent,
        tries: usize,
    ) -> Result<()> {
        let (access_point, errands) = (self.access_point(of).await?, &self.storage.errands);
        let base = keys::attempt(from, &manifest.attempt);
        let signing = Signing::new(&self.bucket, &self.clients, errands.now()).await?;
        let orders = signing.to_restore(&intent.attempt, &base, manifest).await?;
        let orders = errands.give_orders(of, orders).await?;
        let errand = Errand {
            of,
            what: intent.what(),
            script: Script::Restore,
            access_point: &access_point,
            attempt: Some(&intent.attempt),
            orders: Some(&orders),
            tries,
        };
        errands.start(&errand).await
    }

    async fn finished(
        &self,
        of: &InstanceId,
        into: &Volume,
        manifest: &Manifest,
    ) -> Result<Observed<Volume>> {
        self.storage.errands.tidy(of).await?;
        if let Some(bytes) = manifest.usage {
            self.storage.measured(of, bytes).await?;
        }
        self.bucket.remove(&keys::restoring(of)).await?;
        let usage = manifest.usage.map(|bytes| Usage { bytes, quota: None });
        Ok(Observed::Ready(Volume { usage, ..into.clone() }))
    }
}

fn at_work() -> Observed<Volume> {
    Observed::Pending(Some(Progress::new("its data is replaced").uninterruptible()))
}

fn no_snapshot(name: &SnapshotName) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a snapshot").about("at", name.at).advise(format!(
        "There is no snapshot of {} of this table. Choose one of the list.",
        name.at
    ))
}

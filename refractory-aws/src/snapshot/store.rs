//! The snapshot port over S3.
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use refractory_core::ports::{Observed, Progress, Snapshot, SnapshotName, Snapshots, Volume};
use refractory_core::{Error, ErrorKind, InstanceId, Result, async_trait};

use super::bucket::Bucket;
use super::keys;
use super::manifest::Manifest;
use super::verify::Checks;
use crate::storage::EfsStorage;
use crate::{Clients, StackOutputs};

/// How large a piece is: what a task buffers on its disk, and one request writes.
const PIECE: u64 = 1 << 30;
/// Manifests that are read at once.
const AT_ONCE: usize = 8;

/// Keeps copies of volumes in the bucket of the deployment.
///
/// A copy is taken while nothing runs on the volume: the databases of a running world cannot be copied at one moment. It is
/// listed when its pieces have been written, read back, and compared. A restore unpacks beside the data and then takes its
/// place; a table whose restore was broken off [must not start](Self::restoring) before that is finished.
#[derive(Debug, Clone)]
pub struct S3Snapshots {
    pub(super) storage: EfsStorage,
    pub(super) clients: Clients,
    pub(super) bucket: Bucket,
    pub(super) piece: u64,
    pub(super) checks: Arc<Checks>,
}

impl S3Snapshots {
    /// Keeps copies of what `storage` holds in the bucket of `outputs`.
    pub fn new(storage: EfsStorage, clients: &Clients, outputs: &StackOutputs) -> Self {
        Self {
            storage,
            clients: clients.clone(),
            bucket: Bucket { client: clients.s3.clone(), name: outputs.bucket.clone() },
            piece: PIECE,
            checks: Arc::default(),
        }
    }

    /// The same with pieces of `bytes`; a task needs that much disk space.
    #[must_use]
    pub fn with_pieces_of(mut self, bytes: u64) -> Self {
        self.piece = bytes.max(1);
        self
    }

    /// Which snapshot is being put in the place of what the volume of `of` holds. As long as there is one, nothing may be
    /// started on that volume.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    pub async fn restoring(&self, of: &InstanceId) -> Result<Option<SnapshotName>> {
        Ok(self.intent(of).await?.map(|intent| intent.name(of)))
    }

    /// The manifest of `name`, if that is complete.
    pub(super) async fn manifest(&self, name: &SnapshotName) -> Result<Option<Manifest>> {
        let Some(found) = self.bucket.read(&keys::manifest(name)).await? else { return Ok(None) };
        match serde_json::from_slice(&found) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) => Err(Error::new(ErrorKind::Unexpected, "reading a snapshot")
                .about("snapshot", keys::manifest(name))
                .caused_by(error)
                .advise("The list of this snapshot's pieces is damaged. Bring its earlier version back in the console of S3, or remove the snapshot.")),
        }
    }

    /// The access point of the volume of `of`.
    pub(super) async fn access_point(&self, of: &InstanceId) -> Result<String> {
        self.storage.access_point_now(of).await?.ok_or_else(|| {
            Error::new(ErrorKind::Unavailable, "looking for a volume")
                .advise("This table has no data yet. Start it once, and try again.")
        })
    }

    /// Refuses where a task of the table is there.
    pub(super) async fn check_not_running(&self, of: &InstanceId) -> Result<()> {
        if !self.storage.jobs.table_runs(of).await? {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unavailable, "looking for tasks on a volume").about("instance", of).advise(
            "This table is running, or has not quite ended. Stop it, and try again: its data can be copied or replaced only at rest.",
        ))
    }

    async fn remove_step(&self, name: &SnapshotName) -> Result<Observed<Snapshot>> {
        if self.restoring(&name.of).await?.is_some_and(|restoring| restoring == *name) {
            return Ok(Observed::Pending(Some(Progress::new("it is being restored"))));
        }
        // What is not listed any more is half removed at worst.
        self.bucket.remove(&keys::manifest(name)).await?;
        let jobs = &self.storage.jobs;
        let copying = keys::job_name(name);
        for (what, task) in jobs.history(&name.of).await?.working {
            if what == copying {
                jobs.end(&task).await?;
                return Ok(Observed::Pending(Some(Progress::new(
                    "the task that writes it is ended",
                ))));
            }
        }
        let left = self.bucket.sizes(&keys::attempts(name)).await?;
        self.bucket.remove_all(&left.into_keys().collect::<Vec<_>>()).await?;
        Ok(Observed::Absent)
    }

    async fn listed(&self, of: &InstanceId) -> Result<Vec<Snapshot>> {
        let keys = self.bucket.top(&keys::all(of)).await?;
        let names: Vec<_> = keys.iter().filter_map(|key| keys::named(of, key)).collect();
        let read = stream::iter(names.into_iter().map(|name| async move {
            let manifest = self.manifest(&name).await?;
            // It may have been removed since it was listed.
            Ok::<_, Error>(manifest.map(|manifest| manifest.snapshot(&name)))
        }));
        let found: Vec<_> = read.buffered(AT_ONCE).try_collect().await?;
        let mut found: Vec<_> = found.into_iter().flatten().collect();
        found.sort_by_key(|snapshot| snapshot.name.at);
        Ok(found)
    }
}

#[async_trait]
impl Snapshots for S3Snapshots {
    async fn ensure(&self, name: &SnapshotName, of: &Volume) -> Result<Observed<Snapshot>> {
        self.copy_step(name, &of.of).await
    }

    async fn restore(&self, from: &SnapshotName, into: &Volume) -> Result<Observed<Volume>> {
        self.restore_step(from, into).await
    }

    async fn verify(&self, name: &SnapshotName, request: &str) -> Result<Observed<Snapshot>> {
        self.verified(name, request).await
    }

    async fn remove(&self, name: &SnapshotName) -> Result<Observed<Snapshot>> {
        self.remove_step(name).await
    }

    async fn list(&self, of: &InstanceId) -> Result<Vec<Snapshot>> {
        self.listed(of).await
    }
}

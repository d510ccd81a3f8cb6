//! The storage port over EFS.
use std::sync::Arc;

use refractory_core::ports::{Observed, Reason, Volume, VolumeSpec, WorldStorage};
use refractory_core::{Clock, InstanceId, Result, async_trait};

use super::access_point::RemovalStage;
use super::access_points::AccessPoints;
use super::job::EcsJobs;
use crate::deadline::with_list_deadline;
use crate::{AwsConfig, Clients, Naming, StackOutputs};

/// Keeps each volume behind its own access point on one EFS file system.
///
/// **Removal** is complete: a task that mounts this access point and nothing else empties it, and then the access point goes.
/// How far that has got is written on the access point, so that the next caller continues. It does not begin while a task of
/// the instance is there.
///
/// **Owners**: every program works on a volume as the user that its access point was created with: `user` of the configuration, or
/// the one that felddy's image for the release of the volume's first launch runs as. EFS sees to that, whatever user a container has, so a table
/// moves to an image with another user and its files stay as they are.
///
/// **Quotas** do not exist on EFS: it grows, and is paid by the byte. A quota that is asked for is neither kept nor shown. What a
/// volume holds is measured when it is copied, and is known from then; what the whole file system holds,
/// [EFS says itself](Self::metered_bytes).
#[derive(Debug, Clone)]
pub struct EfsStorage {
    pub(super) points: AccessPoints,
    config: AwsConfig,
    pub(crate) jobs: EcsJobs,
}

impl EfsStorage {
    /// Keeps volumes on the file system of `outputs`.
    ///
    /// # Errors
    ///
    /// `Invalid`: the configuration's `user` is not two numbers.
    pub fn new(
        clients: Clients,
        outputs: &StackOutputs,
        config: &AwsConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        config.owner(None)?;
        let naming = Naming::new(&config.deployment);
        Ok(Self {
            points: AccessPoints::new(clients.efs.clone(), &outputs.file_system, naming.clone()),
            config: config.clone(),
            jobs: EcsJobs::new(clients, outputs.clone(), config, naming, clock),
        })
    }

    /// The access point that tasks of `of` mount: `None` where it has no volume. It never changes while there is the volume, and
    /// is asked for once.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    pub async fn access_point_of(&self, of: &InstanceId) -> Result<Option<String>> {
        self.points.id(of).await
    }

    /// The same, asked for again: another process may have removed the volume since, and made another.
    pub(crate) async fn access_point_now(&self, of: &InstanceId) -> Result<Option<String>> {
        Ok(self.points.describe(of).await?.map(|point| point.id))
    }

    /// Writes down how many bytes the volume of `of` was found to hold.
    pub(crate) async fn record_size(&self, of: &InstanceId, bytes: u64) -> Result<()> {
        match self.points.id(of).await? {
            Some(id) => self.points.record_size(&id, bytes).await,
            None => Ok(()),
        }
    }

    /// Bytes of the whole file system, as EFS meters them about once an hour: what is paid for.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`, `Invalid` where there is no such file system.
    pub async fn metered_bytes(&self) -> Result<u64> {
        self.points.metered_bytes().await
    }
}

#[async_trait]
impl WorldStorage for EfsStorage {
    async fn ensure(&self, of: &InstanceId, spec: &VolumeSpec) -> Result<Observed<Volume>> {
        let point = self.points.ensure(of, self.config.owner(spec.release)?).await?;
        if point.stage != RemovalStage::Kept {
            return Ok(Observed::Broken(Reason(
                "The data of this table is being removed. Wait until it is gone.".to_owned(),
            )));
        }
        Ok(match point.observed(of) {
            // Gone between two calls: the next one makes it.
            Observed::Absent => Observed::Pending(None),
            seen @ (Observed::Pending(_) | Observed::Ready(_) | Observed::Broken(_)) => seen,
        })
    }

    async fn observe(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        let found = self.points.describe(of).await?;
        Ok(found.map_or(Observed::Absent, |point| point.observed(of)))
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        self.remove_step(of).await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        with_list_deadline("listing volumes", self.points.list()).await
    }
}

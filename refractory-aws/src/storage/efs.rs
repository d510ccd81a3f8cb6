//! The storage port over EFS.
use std::sync::Arc;

use refractory_core::ports::{Observed, Reason, Volume, VolumeSpec, WorldStorage};
use refractory_core::{Clock, InstanceId, Result, async_trait};

use super::errand::Errands;
use super::point::Stage;
use super::points::Points;
use crate::bound::listed;
use crate::{AwsConfig, Clients, Ground, Naming};

/// Keeps each volume behind an access point of its own on one EFS file system.
///
/// **Removal** is complete: a task that mounts this access point and nothing else empties it, and then the access point goes.
/// How far that has got is written on the access point, so that whoever calls next carries on. It does not begin while a task of
/// the instance is there.
///
/// **Owners**: whoever works on a volume does so as the user that its access point was made with: `user` of the configuration, or
/// the one that felddy's image for the release of the volume's first launch runs as. EFS sees to that, whatever user a container has, so a table
/// moves to an image with another user and its files stay as they are.
///
/// **Quotas** do not exist on EFS: it grows, and is paid by the byte. A quota that is asked for is neither kept nor shown. What a
/// volume holds is measured when it is copied, and is known from then; what the whole file system holds,
/// [EFS says itself](Self::metered).
#[derive(Debug, Clone)]
pub struct EfsStorage {
    pub(super) points: Points,
    config: AwsConfig,
    pub(crate) errands: Errands,
}

impl EfsStorage {
    /// Keeps volumes on the file system of `ground`.
    ///
    /// # Errors
    ///
    /// `Invalid`: the configuration's `user` is not two numbers.
    pub fn new(
        clients: Clients,
        ground: &Ground,
        config: &AwsConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        config.owner(None)?;
        let naming = Naming::new(&config.deployment);
        Ok(Self {
            points: Points::new(clients.efs.clone(), &ground.file_system, naming.clone()),
            config: config.clone(),
            errands: Errands::new(clients, ground.clone(), config, naming, clock),
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
        Ok(self.points.look(of).await?.map(|point| point.id))
    }

    /// Writes down how many bytes the volume of `of` was found to hold.
    pub(crate) async fn measured(&self, of: &InstanceId, bytes: u64) -> Result<()> {
        match self.points.id(of).await? {
            Some(id) => self.points.measured(&id, bytes).await,
            None => Ok(()),
        }
    }

    /// Bytes of the whole file system, as EFS meters them about once an hour: what is paid for.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`, `Invalid` where there is no such file system.
    pub async fn metered(&self) -> Result<u64> {
        self.points.metered().await
    }
}

#[async_trait]
impl WorldStorage for EfsStorage {
    async fn ensure(&self, of: &InstanceId, spec: &VolumeSpec) -> Result<Observed<Volume>> {
        let point = self.points.make(of, self.config.owner(spec.release)?).await?;
        if point.stage != Stage::Kept {
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
        let found = self.points.look(of).await?;
        Ok(found.map_or(Observed::Absent, |point| point.observed(of)))
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        self.removed(of).await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        listed("listing volumes", self.points.list()).await
    }
}

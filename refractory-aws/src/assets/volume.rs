//! Uploads on the volume, where there may have been buckets before.
use refractory_core::null::NoAssets;
use refractory_core::ports::{AssetSpace, AssetStore, Observed};
use refractory_core::{InstanceId, Result, Timestamp, async_trait};

use super::BucketAssets;

/// Makes no places for uploads: they lie on the volume. Those that an earlier configuration made are found and go with
/// their tables all the same.
#[derive(Debug, Clone)]
pub struct VolumeAssets(BucketAssets);

impl BucketAssets {
    /// No places any more, and the end of those that are there.
    #[must_use]
    pub fn on_volume(self) -> VolumeAssets {
        VolumeAssets(self)
    }
}

#[async_trait]
impl AssetStore for VolumeAssets {
    async fn ensure(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        Ok(Observed::Ready(AssetSpace { of: of.clone(), handle: String::new() }))
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        self.0.remove(of).await
    }

    async fn rotate(&self, of: &InstanceId, before: Timestamp) -> Result<Observed<AssetSpace>> {
        NoAssets.rotate(of, before).await
    }

    fn has_keys(&self) -> bool {
        NoAssets.has_keys()
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        self.0.list().await
    }
}

//! Volumes, places for uploads, and copies of volumes.
use std::collections::BTreeSet;

use refractory_core::ports::{
    AssetSpace, AssetStore, Observed, Progress, Snapshot, SnapshotName, Snapshots, Usage, Volume,
    VolumeSpec, WorldStorage,
};
use refractory_core::{Error, ErrorKind, InstanceId, LaunchId, Result, Timestamp, async_trait};

use super::World;
use super::ledger::{Disk, Turned};
use crate::conformance::Contents;

#[async_trait]
impl WorldStorage for World {
    async fn ensure(&self, of: &InstanceId, spec: &VolumeSpec) -> Result<Observed<Volume>> {
        let (of, quota) = (of.clone(), spec.quota);
        self.call("storage.ensure", move |world| {
            let mut ledger = world.ledger();
            if let Some(left) = ledger.knobs.volume_refusals.checked_sub(1) {
                ledger.knobs.volume_refusals = left;
                return Err(Error::new(ErrorKind::Unavailable, "making a volume"));
            }
            let disk = ledger.volumes.entry(of.clone()).or_default();
            disk.quota = quota;
            Ok(Observed::Ready(volume(&of, disk)))
        })
        .await
    }

    async fn observe(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        let of = of.clone();
        self.call("storage.observe", move |world| {
            let ledger = world.ledger();
            let disk = ledger.volumes.get(&of);
            Ok(disk.map_or(Observed::Absent, |disk| Observed::Ready(volume(&of, disk))))
        })
        .await
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        let of = of.clone();
        self.call("storage.remove", move |world| {
            if world.ledger().volumes.contains_key(&of) {
                world.check_destruction(&of);
            }
            world.ledger().volumes.remove(&of);
            Ok(Observed::Absent)
        })
        .await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        self.call("storage.list", |world| Ok(world.ledger().volumes.keys().cloned().collect()))
            .await
    }
}

fn volume(of: &InstanceId, disk: &Disk) -> Volume {
    let usage = Some(Usage { bytes: disk.content.len() as u64, quota: disk.quota });
    Volume { of: of.clone(), handle: format!("disk of {of}"), usage }
}

/// What the place for the uploads of `of` is called.
pub(super) fn handle(of: &InstanceId) -> String {
    format!("bucket-of-{of}")
}

#[async_trait]
impl AssetStore for World {
    async fn ensure(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        let of = of.clone();
        self.call("assets.ensure", move |world| {
            world.ledger().spaces.insert(of.clone());
            let handle = handle(&of);
            Ok(Observed::Ready(AssetSpace { of, handle }))
        })
        .await
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        let of = of.clone();
        self.call("assets.remove", move |world| {
            if world.ledger().spaces.contains(&of) {
                world.check_destruction(&of);
            }
            world.ledger().spaces.remove(&of);
            Ok(Observed::Absent)
        })
        .await
    }

    async fn rotate(&self, of: &InstanceId, before: Timestamp) -> Result<Observed<AssetSpace>> {
        let of = of.clone();
        self.call("assets.rotate", move |world| {
            let mut ledger = world.ledger();
            if !ledger.spaces.contains(&of) {
                return Ok(Observed::Absent);
            }
            let running = ledger.machines.keys().filter(|key| key.instance == of);
            let running: BTreeSet<LaunchId> = running.cloned().collect();
            let key = ledger.keys.entry(of.clone()).or_default();
            if key.before < before {
                *key = Turned { before, times: key.times + 1, given: running };
                return Ok(Observed::Pending(Some(Progress::new("the key is replaced"))));
            }
            if !key.given.is_disjoint(&running) {
                return Ok(Observed::Pending(Some(Progress::new("a launch has the old key"))));
            }
            let handle = handle(&of);
            Ok(Observed::Ready(AssetSpace { of, handle }))
        })
        .await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        self.call("assets.list", |world| Ok(world.ledger().spaces.iter().cloned().collect())).await
    }
}

#[async_trait]
impl Snapshots for World {
    async fn ensure(&self, name: &SnapshotName, of: &Volume) -> Result<Observed<Snapshot>> {
        let (name, of) = (name.clone(), of.of.clone());
        self.call("snapshots.ensure", move |world| {
            let mut ledger = world.ledger();
            let content = ledger.volumes.get(&of).map(|disk| disk.content.clone());
            let Some(content) = content else {
                let reason = "There is no such volume.".to_owned();
                return Ok(Observed::Broken(refractory_core::ports::Reason(reason)));
            };
            let size = ledger.snapshots.entry(name.clone()).or_insert(content).len() as u64;
            Ok(Observed::Ready(Snapshot { name, size }))
        })
        .await
    }

    async fn restore(&self, from: &SnapshotName, into: &Volume) -> Result<Observed<Volume>> {
        let (from, of) = (from.clone(), into.of.clone());
        self.call("snapshots.restore", move |world| {
            let mut ledger = world.ledger();
            let Some(content) = ledger.snapshots.get(&from).cloned() else {
                return Err(Error::new(ErrorKind::NotFound, "restoring a snapshot"));
            };
            let disk = ledger.volumes.entry(of.clone()).or_default();
            disk.content = content;
            Ok(Observed::Ready(volume(&of, disk)))
        })
        .await
    }

    async fn remove(&self, name: &SnapshotName) -> Result<Observed<Snapshot>> {
        let name = name.clone();
        self.call("snapshots.remove", move |world| {
            world.ledger().snapshots.remove(&name);
            Ok(Observed::Absent)
        })
        .await
    }

    async fn list(&self, of: &InstanceId) -> Result<Vec<Snapshot>> {
        let of = of.clone();
        self.call("snapshots.list", move |world| {
            let ledger = world.ledger();
            let own = ledger.snapshots.iter().filter(|(name, _)| name.of == of);
            Ok(own
                .map(|(name, size)| Snapshot { name: name.clone(), size: size.len() as u64 })
                .collect())
        })
        .await
    }
}

impl World {
    /// How often the key for the uploads of `of` was replaced.
    pub fn keys_turned(&self, of: &InstanceId) -> u32 {
        self.ledger().keys.get(of).map_or(0, |key| key.times)
    }
}

impl Contents for World {
    fn write(&self, of: &InstanceId, text: &str) {
        if let Some(disk) = self.ledger().volumes.get_mut(of) {
            text.clone_into(&mut disk.content);
        }
    }

    fn read(&self, of: &InstanceId) -> Option<String> {
        self.ledger().volumes.get(of).map(|disk| disk.content.clone())
    }
}

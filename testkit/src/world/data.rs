//! Volumes, places for uploads, and copies of volumes.
use std::collections::BTreeSet;

use refractory_core::ports::{
    AssetSpace, AssetStore, Observed, Progress, Reason, Snapshot, SnapshotName, Snapshots, Usage,
    Volume, VolumeSpec, WorldStorage,
};
use refractory_core::{Error, ErrorKind, InstanceId, LaunchId, Result, Timestamp, async_trait};

use super::World;
use super::state::{Disk, RotatedKey, StoredSnapshot, WorldState};
use crate::conformance::Contents;
use crate::conformance::snapshots::Tamper;

#[async_trait]
impl WorldStorage for World {
    async fn ensure(&self, of: &InstanceId, spec: &VolumeSpec) -> Result<Observed<Volume>> {
        let (of, quota) = (of.clone(), spec.quota);
        self.call("storage.ensure", move |world| {
            let mut ledger = world.ledger();
            if let Some(left) = ledger.settings.volume_refusals.checked_sub(1) {
                ledger.settings.volume_refusals = left;
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
                *key = RotatedKey { before, times: key.times + 1, given: running };
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
            if !world.ledger().snapshots.contains_key(&name) {
                world.check_at_rest(&of, "copied")?;
            }
            let mut ledger = world.ledger();
            let content = ledger.volumes.get(&of).map(|disk| disk.content.clone());
            let Some(content) = content else {
                let reason = "There is no such volume.".to_owned();
                return Ok(Observed::Broken(Reason(reason)));
            };
            if !ledger.snapshots.contains_key(&name) && ledger.works_on("copy", &name) {
                return Ok(Observed::Pending(Some(Progress::new("its data is copied"))));
            }
            let taken = StoredSnapshot { content, damaged: false };
            let stored = ledger.snapshots.entry(name.clone()).or_insert(taken);
            Ok(Observed::Ready(snapshot(&name, stored)))
        })
        .await
    }

    async fn restore(&self, from: &SnapshotName, into: &Volume) -> Result<Observed<Volume>> {
        let (from, of) = (from.clone(), into.of.clone());
        self.call("snapshots.restore", move |world| {
            world.check_at_rest(&of, "replaced")?;
            let mut ledger = world.ledger();
            let Some(stored) = ledger.snapshots.get(&from).cloned() else {
                return Err(Error::new(ErrorKind::NotFound, "restoring a snapshot"));
            };
            if stored.damaged {
                return Err(Error::new(ErrorKind::Unexpected, "restoring a snapshot"));
            }
            if ledger.works_on("restore", &from) {
                return Ok(Observed::Pending(Some(Progress::new("its data is replaced"))));
            }
            let disk = ledger.volumes.entry(of.clone()).or_default();
            disk.content = stored.content;
            Ok(Observed::Ready(volume(&of, disk)))
        })
        .await
    }

    async fn verify(&self, name: &SnapshotName, _: &str) -> Result<Observed<Snapshot>> {
        let name = name.clone();
        self.call("snapshots.verify", move |world| {
            Ok(match world.ledger().snapshots.get(&name) {
                None => Observed::Absent,
                Some(stored) if stored.damaged => {
                    Observed::Broken(Reason("The backup is damaged.".to_owned()))
                }
                Some(stored) => Observed::Ready(snapshot(&name, stored)),
            })
        })
        .await
    }

    async fn remove(&self, name: &SnapshotName) -> Result<Observed<Snapshot>> {
        let name = name.clone();
        self.call("snapshots.remove", move |world| {
            if world.ledger().settings.keeps_snapshots {
                return Err(Error::new(ErrorKind::Forbidden, "removing a snapshot"));
            }
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
            Ok(own.map(|(name, stored)| snapshot(name, stored)).collect())
        })
        .await
    }
}

fn snapshot(name: &SnapshotName, stored: &StoredSnapshot) -> Snapshot {
    Snapshot { name: name.clone(), size: stored.content.len() as u64 }
}

impl WorldState {
    /// Counts a call for a piece of work; whether it goes on after that.
    fn works_on(&mut self, what: &'static str, name: &SnapshotName) -> bool {
        let polls = self.in_work.entry((what, name.clone())).or_default();
        *polls += 1;
        let goes_on = *polls <= self.settings.copy_polls;
        if !goes_on {
            self.in_work.remove(&(what, name.clone()));
        }
        goes_on
    }
}

impl World {
    /// How often the key for the uploads of `of` was replaced.
    pub fn keys_turned(&self, of: &InstanceId) -> u32 {
        self.ledger().keys.get(of).map_or(0, |key| key.times)
    }

    /// The moments of the snapshots of `of` that there are, complete or not.
    pub fn snapshots_of(&self, of: &InstanceId) -> Vec<Timestamp> {
        let ledger = self.ledger();
        ledger.snapshots.keys().filter(|name| name.of == *of).map(|name| name.at).collect()
    }
}

#[async_trait]
impl Tamper for World {
    async fn tamper(&self, name: &SnapshotName) {
        if let Some(stored) = self.ledger().snapshots.get_mut(name) {
            stored.damaged = true;
        }
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

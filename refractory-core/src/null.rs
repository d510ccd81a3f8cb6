//! Ports that do nothing, for hosts that need nothing of the kind.
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::{Hostname, Lease, LicenseWish};
use crate::ports::{
    ArchiveInfo, ArchiveSource, Archives, AssetAsk, AssetDoor, AssetPass, AssetSpace, AssetStore,
    Authenticator, Credential, DnsZone, GameControl, GameStatus, GameTarget, Granted, Identity,
    Leftover, Leftovers, LicensePool, LogChunk, LogPosition, LogSource, NameRecord, Observed,
    Snapshot, SnapshotName, Snapshots, Stop, Volume, VolumeSpec, WorldRef, WorldStorage,
};
use crate::{
    Error, ErrorKind, InstanceId, LicenseId, ReleaseId, Result, Secret, Timestamp, async_trait,
};

/// Gives no names of its own: something in front answers for the whole domain.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoDns;

#[async_trait]
impl DnsZone for NoDns {
    async fn ensure(&self, _: &InstanceId, record: &NameRecord) -> Result<Observed<Hostname>> {
        Ok(Observed::Ready(record.name.clone()))
    }
    async fn remove(&self, _: &InstanceId, _: &Hostname) -> Result<Observed<Hostname>> {
        Ok(Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<(Hostname, InstanceId)>> {
        Ok(Vec::new())
    }
}

/// Keeps uploads on the volume.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoAssets;

#[async_trait]
impl AssetStore for NoAssets {
    async fn ensure(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        Ok(Observed::Ready(AssetSpace { of: of.clone(), handle: String::new() }))
    }
    async fn remove(&self, _: &InstanceId) -> Result<Observed<AssetSpace>> {
        Ok(Observed::Absent)
    }
    async fn rotate(&self, _: &InstanceId, _: Timestamp) -> Result<Observed<AssetSpace>> {
        Err(Error::new(ErrorKind::Unsupported, "replacing the key for uploads").advise(
            "Uploads are stored with each table's data here, and no key is needed. There is no key to replace.",
        ))
    }
    async fn list(&self) -> Result<Vec<InstanceId>> {
        Ok(Vec::new())
    }
}

/// Has no door to uploads: they are the program's own files, or the provider serves them.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoAssetDoor;

#[async_trait]
impl AssetDoor for NoAssetDoor {
    async fn admit(&self, _: &AssetAsk) -> Result<AssetPass> {
        Err(Error::new(ErrorKind::Unsupported, "serving uploads")
            .advise("This installation has no separate storage for uploads."))
    }
}

/// Leaves nothing behind that another port would not find.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoLeftovers;

#[async_trait]
impl Leftovers for NoLeftovers {
    async fn list(&self) -> Result<Vec<Leftover>> {
        Ok(Vec::new())
    }
    async fn remove(&self, _: &InstanceId) -> Result<Observed<()>> {
        Ok(Observed::Absent)
    }
}

/// Takes no snapshots, and says so.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoSnapshots;

fn no_snapshots<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Unsupported, "taking a snapshot")
        .advise("This installation doesn't support backups."))
}

#[async_trait]
impl Snapshots for NoSnapshots {
    async fn ensure(&self, _: &SnapshotName, _: &Volume) -> Result<Observed<Snapshot>> {
        no_snapshots()
    }
    async fn restore(&self, _: &SnapshotName, _: &Volume) -> Result<Observed<Volume>> {
        no_snapshots()
    }
    async fn remove(&self, _: &SnapshotName) -> Result<Observed<Snapshot>> {
        Ok(Observed::Absent)
    }
    async fn list(&self, _: &InstanceId) -> Result<Vec<Snapshot>> {
        Ok(Vec::new())
    }
}

/// Keeps no data: for programs that have none.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoStorage;

#[async_trait]
impl WorldStorage for NoStorage {
    async fn ensure(&self, of: &InstanceId, _: &VolumeSpec) -> Result<Observed<Volume>> {
        Ok(Observed::Ready(Volume { of: of.clone(), handle: String::new(), usage: None }))
    }
    async fn observe(&self, _: &InstanceId) -> Result<Observed<Volume>> {
        Ok(Observed::Absent)
    }
    async fn remove(&self, _: &InstanceId) -> Result<Observed<Volume>> {
        Ok(Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<InstanceId>> {
        Ok(Vec::new())
    }
}

/// Leases a licence without a key to whoever asks: for programs that need none.
#[derive(Debug, Default)]
pub struct Unlicensed(AtomicU64);

#[async_trait]
impl LicensePool for Unlicensed {
    async fn ensure(&self, owner: &InstanceId, wish: &LicenseWish) -> Result<Observed<Granted>> {
        let license = match wish {
            LicenseWish::Only(id) => id.clone(),
            LicenseWish::Any | LicenseWish::NotNeeded => LicenseId::fresh(),
        };
        let lease = Lease {
            license,
            holder: owner.clone(),
            fence: self.0.fetch_add(1, Ordering::Relaxed),
            since: Timestamp::default(),
        };
        Ok(Observed::Ready(Granted { lease, key: Secret::default(), eula_accepted: true }))
    }
    async fn observe(&self, _: &InstanceId) -> Result<Observed<Granted>> {
        Ok(Observed::Absent)
    }
    async fn remove(&self, _: &InstanceId) -> Result<Observed<Granted>> {
        Ok(Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<(LicenseId, Option<InstanceId>)>> {
        Ok(Vec::new())
    }
}

/// Opens no worlds: for programs that are ready when they run.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoGame;

const NOBODY: GameStatus = GameStatus { version: None, world: None, players: 0 };

#[async_trait]
impl GameControl for NoGame {
    async fn ensure(&self, _: &GameTarget, _: &WorldRef) -> Result<Observed<GameStatus>> {
        Ok(Observed::Ready(NOBODY))
    }
    async fn observe(&self, _: &GameTarget) -> Result<Observed<GameStatus>> {
        Ok(Observed::Ready(NOBODY))
    }
    async fn remove(&self, _: &GameTarget, _: Stop) -> Result<Observed<GameStatus>> {
        Ok(Observed::Absent)
    }
}

/// Keeps no logs.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoLogs;

#[async_trait]
impl LogSource for NoLogs {
    async fn read(&self, _: &InstanceId, _: Option<&LogPosition>, _: usize) -> Result<LogChunk> {
        Ok(LogChunk::default())
    }
}

/// Stores no releases: for programs that come from somewhere else.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoArchives;

#[async_trait]
impl Archives for NoArchives {
    async fn add(&self, _: &ArchiveSource) -> Result<ArchiveInfo> {
        Err(Error::new(ErrorKind::Unsupported, "storing a release")
            .advise("This installation doesn't store releases."))
    }
    async fn remove(&self, _: &ReleaseId) -> Result<()> {
        Ok(())
    }
    async fn list(&self) -> Result<Vec<ArchiveInfo>> {
        Ok(Vec::new())
    }
}

/// Lets nobody in: for deployments without people.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoAuth;

#[async_trait]
impl Authenticator for NoAuth {
    async fn authenticate(&self, _: &Credential) -> Result<Option<Identity>> {
        Ok(None)
    }
}

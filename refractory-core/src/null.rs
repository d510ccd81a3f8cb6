//! Ports that keep nothing, for hosts that need nothing of the kind.
//!
//! They hold to the rules of [`ports`](crate::ports), except that what they answered to be there is in no list and is seen by no look: there is
//! nothing. `testkit` runs the clauses of each port's suite that this leaves, and says of every other clause why it is none of theirs.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::{Hostname, Lease, LicenseChoice};
use crate::ports::{
    AccessDecision, ArchiveInfo, ArchiveSource, Archives, AssetGateway, AssetRequest, AssetSpace,
    AssetStore, AuthenticatedUser, Authenticator, Credential, DnsZone, GameControl, GameStatus,
    GameTarget, Granted, LicensePool, LogChunk, LogPosition, LogSource, NameRecord, Observed,
    OrphanedResource, OrphanedResources, Snapshot, SnapshotName, Snapshots, Stop, Volume,
    VolumeSpec, WorldRef, WorldStorage,
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
    fn has_keys(&self) -> bool {
        false
    }
    async fn list(&self) -> Result<Vec<InstanceId>> {
        Ok(Vec::new())
    }
}

/// Has no door to uploads: they are the program's own files, or the provider serves them.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoAssetGateway;

#[async_trait]
impl AssetGateway for NoAssetGateway {
    async fn admit(&self, _: &AssetRequest) -> Result<AccessDecision> {
        Err(Error::new(ErrorKind::Unsupported, "serving uploads")
            .advise("This installation has no separate storage for uploads."))
    }
}

/// Leaves nothing behind that another port would not find.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoOrphanedResources;

#[async_trait]
impl OrphanedResources for NoOrphanedResources {
    async fn list(&self) -> Result<Vec<OrphanedResource>> {
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
    async fn verify(&self, _: &SnapshotName, _: &str) -> Result<Observed<Snapshot>> {
        Ok(Observed::Absent)
    }
    fn is_supported(&self) -> bool {
        false
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

/// Leases a license without a key to every instance: for programs that need none.
///
/// It has no stock, so it lists no license and nobody waits. An instance that asks for any license gets one that is its own: its id is the
/// instance's. What is leased is known as long as the process lives; after that the same question gets the same license.
#[derive(Debug, Default)]
pub struct Unlicensed(Mutex<Leases>);

#[derive(Debug, Default)]
struct Leases {
    held: BTreeMap<InstanceId, Lease>,
    fence: u64,
}

impl Unlicensed {
    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn granted(lease: Lease) -> Observed<Granted> {
    Observed::Ready(Granted { lease, key: Secret::default(), eula_accepted: true })
}

#[async_trait]
impl LicensePool for Unlicensed {
    async fn ensure(
        &self,
        owner: &InstanceId,
        choice: &LicenseChoice,
    ) -> Result<Observed<Granted>> {
        let mut leases = self.leases();
        if let Some(lease) = leases.held.get(owner) {
            return Ok(granted(lease.clone()));
        }
        let license = match choice {
            LicenseChoice::Only(id) => id.clone(),
            LicenseChoice::Any | LicenseChoice::NotNeeded => LicenseId::new(owner.as_str())?,
        };
        leases.fence += 1;
        let (holder, fence) = (owner.clone(), leases.fence);
        let lease = Lease { license, holder, fence, since: Timestamp::default() };
        leases.held.insert(owner.clone(), lease.clone());
        Ok(granted(lease))
    }
    async fn observe(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        Ok(self.leases().held.get(owner).cloned().map_or(Observed::Absent, granted))
    }
    async fn remove(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        self.leases().held.remove(owner);
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
    async fn authenticate(&self, _: &Credential) -> Result<Option<AuthenticatedUser>> {
        Ok(None)
    }
}

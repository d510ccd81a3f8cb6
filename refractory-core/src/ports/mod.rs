//! What a deployment needs from the outside, and the contract each need comes with.
//!
//! A port has up to four verbs: `ensure`, `observe`, `remove`, `list`. Four rules hold for every verb
//! of every port; `testkit::conformance` has a case for each.
//!
//! 1. **Repeat.** A call made twice has the effect of the call made once. `ensure` of what exists
//!    reports it; `remove` of what does not exist succeeds.
//! 2. **Drop.** The future may be dropped at any await. The effect may then have happened or not;
//!    calling again completes it. No method holds a lock across an await.
//! 3. **Bounded.** A call asks and answers; it never waits for something to become ready
//!    ([`Observed::Pending`] says that). The worker puts a deadline around each call; an implementation
//!    sees to it that a call dropped then has no further effect.
//! 4. **Absent is not unknown.** [`Observed::Absent`] means that the provider said so *and may be
//!    believed*. Not being able to ask is an `Err`.
//!
//! A caller therefore never needs to know whether a failed call had its effect: it calls again.
mod archive;
mod asset_gateway;
mod assets;
mod auth;
mod dns;
mod game;
mod into_port;
mod license;
mod logs;
mod observed;
mod orphaned_resources;
mod runtime;
mod snapshot;
mod storage;
mod store;
mod vault;

pub use archive::{ArchiveInfo, ArchiveSource, Archives};
pub use asset_gateway::{
    AccessDecision, AssetGateway, AssetReader, AssetRefusal, AssetRequest, SignedRequest,
    is_signature,
};
pub use assets::{AssetSpace, AssetStore};
pub use auth::{AuthenticatedUser, Authenticator, Credential};
pub use dns::{DnsZone, NameRecord};
pub use game::{GameControl, GameStatus, GameTarget, WorldRef};
pub use into_port::IntoPort;
pub use license::{Granted, LicensePool};
pub use logs::{LogChunk, LogPosition, LogSource};
pub use observed::{Endpoint, Observed, Progress, Reason, Takeover};
pub use orphaned_resources::{OrphanedResource, OrphanedResources};
pub use runtime::{InstanceRuntime, LaunchSpec, Stop};
pub use snapshot::{Snapshot, SnapshotName, Snapshots};
pub use storage::{Usage, Volume, VolumeSpec, WorldStorage};
pub use store::{
    Aggregate, Change, Changes, Collection, Commit, Cursor, DamagedRecord, Followed, Follower,
    Index, IndexEntry, Kind, MAX_WRITES, Page, Position, Query, Record, Scope, Sealed, Store,
    TypedPage, UniqueKey, Write, check_writes, damaged,
};
pub(crate) use store::{ChangeTail, front_end_collection};
pub use vault::Vault;

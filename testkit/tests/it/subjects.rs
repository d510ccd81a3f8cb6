//! The world as the subject of suites.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
use std::sync::Arc;

use refractory_core::model::Version;
use refractory_core::ports::{
    ArchiveSource, Archives, AssetGateway, AssetStore, DnsZone, InstanceRuntime, LaunchSpec,
    LicensePool, LogSource, OrphanedResources, Snapshots, WorldStorage,
};
use testkit::conformance::Subject;
use testkit::conformance::archives::{ArchivesSubject, Sources};
use testkit::conformance::assets::AssetsSubject;
use testkit::conformance::dns::DnsSubject;
use testkit::conformance::door::DoorSubject;
use testkit::conformance::licenses::LicensesSubject;
use testkit::conformance::logs::LogsSubject;
use testkit::conformance::orphaned_resources::LeftoversSubject;
use testkit::conformance::runtime::RuntimeSubject;
use testkit::conformance::snapshots::{SnapshotsSubject, Volumes};
use testkit::conformance::storage::StorageSubject;
use testkit::world::World;

/// A world in which nothing is instant.
pub(crate) fn world() -> World {
    let world = World::default();
    world.configure(|knobs| (knobs.boot_polls, knobs.stop_polls) = (2, 2));
    world
}

pub(crate) fn runtime(runtime: impl InstanceRuntime) -> RuntimeSubject {
    Subject::new(Arc::new(runtime), LaunchSpec::default())
}

pub(crate) fn storage(world: &World, storage: impl WorldStorage) -> StorageSubject {
    Subject::new(Arc::new(storage), Arc::new(world.clone()))
}

pub(crate) fn snapshots(world: &World, snapshots: impl Snapshots) -> SnapshotsSubject {
    let volumes = Volumes {
        storage: Arc::new(world.clone()),
        contents: Arc::new(world.clone()),
        tamper: Arc::new(world.clone()),
    };
    Subject::new(Arc::new(snapshots), volumes)
}

pub(crate) fn assets(assets: impl AssetStore) -> AssetsSubject {
    Subject::new(Arc::new(assets), ())
}

pub(crate) fn door(world: &World, door: impl AssetGateway) -> DoorSubject {
    Subject::new(Arc::new(door), Arc::new(world.clone()))
}

pub(crate) fn orphaned_resources(world: &World, net: impl OrphanedResources) -> LeftoversSubject {
    Subject::new(Arc::new(net), Arc::new(world.clone()))
}

pub(crate) fn dns(zone: impl DnsZone) -> DnsSubject {
    Subject::new(Arc::new(zone), "games.example".to_owned())
}

pub(crate) async fn licenses(world: &World, pool: impl LicensePool) -> LicensesSubject {
    let one = world.add_license("one").await.unwrap();
    let other = world.add_license("other").await.unwrap();
    Subject::new(Arc::new(pool), [one, other])
}

pub(crate) fn logs(world: &World, logs: impl LogSource) -> LogsSubject {
    Subject::new(Arc::new(logs), Arc::new(world.clone()))
}

pub(crate) fn archives(archives: impl Archives) -> ArchivesSubject {
    let file = |path: &str| ArchiveSource::File(path.into());
    let good = [
        (file("a/13.351.zip"), Version::new(13, 351)),
        (file("a/14.363.zip"), Version::new(14, 363)),
    ];
    let sources = Sources { good, copy: file("b/13.351.zip"), bad: file("a/13.351.txt") };
    Subject::new(Arc::new(archives), sources)
}

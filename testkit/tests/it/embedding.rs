//! What an embedder puts a deployment together from.
use std::sync::Arc;

use refractory_core::null::{
    NoArchives, NoAssetGateway, NoAssets, NoAuth, NoDns, NoGame, NoLogs, NoOrphanedResources,
    NoSnapshots, NoStorage, Unlicensed,
};
use refractory_core::ports::{
    Archives, AssetGateway, AssetStore, Authenticator, DnsZone, GameControl, InstanceRuntime,
    LicensePool, LogSource, OrphanedResources, Snapshots, Store, Vault, WorldStorage,
};
use refractory_core::{Clock, MemoryStore, MemoryVault, Refractory, SystemClock};
use testkit::world::World;

#[test]
fn every_port_is_taken_as_a_value_and_shared() {
    macro_rules! each {
        ($($method:ident: $port:ident = $value:expr;)*) => { $({
            let (concrete, object) = (Arc::new($value), Arc::new($value) as Arc<dyn $port>);
            let builder = Refractory::builder(World::default()).$method($value);
            let builder = builder.$method(Arc::clone(&concrete));
            assert_eq!(Arc::strong_count(&concrete), 2, "it is shared, not copied");
            let builder = builder.$method(Arc::clone(&object));
            assert_eq!(Arc::strong_count(&concrete), 1, "the last call counts");
            assert_eq!(Arc::strong_count(&object), 2, "it is shared, not copied");
            drop(builder.build());
            assert_eq!(Arc::strong_count(&object), 1);
        })* };
    }
    each! {
        archives: Archives = NoArchives;
        asset_gateway: AssetGateway = NoAssetGateway;
        assets: AssetStore = NoAssets;
        auth: Authenticator = NoAuth;
        clock: Clock = SystemClock;
        dns: DnsZone = NoDns;
        game: GameControl = NoGame;
        orphaned_resources: OrphanedResources = NoOrphanedResources;
        licenses: LicensePool = Unlicensed::default();
        logs: LogSource = NoLogs;
        snapshots: Snapshots = NoSnapshots;
        storage: WorldStorage = NoStorage;
        store: Store = MemoryStore::default();
        vault: Vault = MemoryVault::default();
    }
    let (concrete, object) =
        (Arc::new(World::default()), Arc::new(World::default()) as Arc<dyn InstanceRuntime>);
    let apps =
        (Refractory::builder(Arc::clone(&concrete)), Refractory::builder(Arc::clone(&object)));
    assert_eq!((Arc::strong_count(&concrete), Arc::strong_count(&object)), (2, 2));
    drop(apps);
}

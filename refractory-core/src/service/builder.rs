//! Putting a deployment together.
use std::sync::Arc;

use tokio::sync::watch;

use super::{Addressing, Deployment, Ports, Refractory};
use crate::clock::ClockHistory;
use crate::memory::MemoryStore;
use crate::null::{
    NoArchives, NoAssetGateway, NoAssets, NoAuth, NoDns, NoGame, NoLogs, NoOrphanedResources,
    NoSnapshots, NoStorage, Unlicensed,
};
use crate::ports::{
    Archives, AssetGateway, AssetStore, Authenticator, DnsZone, GameControl, InstanceRuntime,
    IntoPort, LicensePool, LogSource, OrphanedResources, Snapshots, Store, Vault, WorldStorage,
};
use crate::reconcile::{EventWalk, Known, Liveness};
use crate::{Clock, MemoryVault, SystemClock, Worker, WorkerOptions};

/// Puts a deployment together from ports. Everything but the runtime has a default.
///
/// Each method takes a value that implements its port, or an `Arc` of one that others use as well ([`IntoPort`]). The order of the
/// calls doesn't matter; the last call for a port counts.
///
/// | Port | Default |
/// |---|---|
/// | [`store`](Self::store), [`vault`](Self::vault) | in memory: everything is forgotten when the process ends |
/// | [`licenses`](Self::licenses) | [`Unlicensed`]: every instance may run, without a key. [`StorePool`](crate::StorePool) leases the keys that users add |
/// | [`auth`](Self::auth) | [`NoAuth`]: nobody can sign in with a password |
/// | [`dns`](Self::dns) | [`NoDns`]: a wildcard name, or the proxy of `refractory-web`, answers for every instance |
/// | [`game`](Self::game) | [`NoGame`]: a program is ready when it runs |
/// | [`storage`](Self::storage), [`assets`](Self::assets), [`archives`](Self::archives) | nothing is kept: the runtime has its own data and programs |
/// | [`asset_gateway`](Self::asset_gateway), [`snapshots`](Self::snapshots), [`logs`](Self::logs), [`orphaned_resources`](Self::orphaned_resources) | there are none |
#[derive(Debug)]
pub struct Builder {
    ports: Ports,
    clock: Arc<dyn Clock>,
    options: WorkerOptions,
    addressing: Addressing,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $port:ident;)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl IntoPort<dyn $port>) -> Self {
            self.ports.$name = $name.into_port();
            self
        }
    )* };
}

impl Builder {
    pub(super) fn new(runtime: Arc<dyn InstanceRuntime>) -> Self {
        Self::from_ports(Ports {
            runtime,
            storage: Arc::new(NoStorage),
            assets: Arc::new(NoAssets),
            asset_gateway: Arc::new(NoAssetGateway),
            snapshots: Arc::new(NoSnapshots),
            game: Arc::new(NoGame),
            dns: Arc::new(NoDns),
            licenses: Arc::new(Unlicensed::default()),
            vault: Arc::new(MemoryVault::default()),
            orphaned_resources: Arc::new(NoOrphanedResources),
            archives: Arc::new(NoArchives),
            logs: Arc::new(NoLogs),
            auth: Arc::new(NoAuth),
            store: Arc::new(MemoryStore::default()),
        })
    }

    /// Starts from a complete set of ports, as a backend connects them.
    pub fn from_ports(ports: Ports) -> Self {
        Self {
            ports,
            clock: Arc::new(SystemClock),
            options: WorkerOptions::default(),
            addressing: Addressing::default(),
        }
    }

    setters! {
        /// Keeps the data of instances in `storage`.
        storage: WorldStorage;
        /// Keeps uploads in `assets`.
        assets: AssetStore;
        /// Serves uploads through `asset_gateway`, where browsers can't reach them directly.
        asset_gateway: AssetGateway;
        /// Keeps copies of data in `snapshots`.
        snapshots: Snapshots;
        /// Opens and closes worlds, and counts players, through `game`.
        game: GameControl;
        /// Registers the public names of instances with `dns`.
        dns: DnsZone;
        /// Leases licenses from `licenses`. A [`StorePool`](crate::StorePool) needs the store and the vault that the deployment has: pass an `Arc` of each
        /// to both.
        licenses: LicensePool;
        /// Keeps license keys and passwords of programs in `vault`.
        vault: Vault;
        /// Finds what a crash left behind with `orphaned_resources`.
        orphaned_resources: OrphanedResources;
        /// Keeps release archives in `archives`.
        archives: Archives;
        /// Reads the output of programs from `logs`.
        logs: LogSource;
        /// Checks passwords with `auth`, which reads the accounts of the store that the deployment has: pass an `Arc` of it to both.
        auth: Authenticator;
        /// Writes everything down in `store`: instances, users, sessions, licenses, events.
        store: Store;
    }

    /// Reads the time from `clock`; [`SystemClock`] by default.
    #[must_use]
    pub fn clock(mut self, clock: impl IntoPort<dyn Clock>) -> Self {
        self.clock = clock.into_port();
        self
    }

    /// Sets how the deployment is reached from outside: `http://localhost:8080` by default.
    #[must_use]
    pub fn addressing(mut self, addressing: Addressing) -> Self {
        self.addressing = addressing;
        self
    }

    /// Changes how patient the worker is.
    #[must_use]
    pub fn worker_options(mut self, change: impl FnOnce(&mut WorkerOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// Returns the handle for front ends, and the worker that does the work once [`Worker::run_until`] is polled.
    #[must_use]
    pub fn build(self) -> (Refractory, Worker) {
        let deployment = Arc::new(Deployment {
            ports: self.ports,
            clock: ClockHistory::new(self.clock),
            options: self.options,
            addressing: self.addressing,
            known: Known::default(),
            #[cfg(feature = "accounts")]
            device_key: tokio::sync::OnceCell::new(),
            #[cfg(feature = "accounts")]
            setup_key: tokio::sync::OnceCell::new(),
            liveness: Liveness::default(),
            event_walk: EventWalk::default(),
            nudge: watch::Sender::new(0),
            operations_nudge: watch::Sender::new(0),
        });
        (Refractory::new(Arc::clone(&deployment)), Worker::new(deployment))
    }
}

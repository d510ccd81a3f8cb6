//! Putting a deployment together.
use std::sync::Arc;

use tokio::sync::watch;

use super::{Addressing, Deployment, Ports, Refractory};
use crate::clock::ClockHistory;
use crate::memory::MemoryStore;
use crate::null::{
    NoArchives, NoAssetDoor, NoAssets, NoAuth, NoDns, NoGame, NoLeftovers, NoLogs, NoSnapshots,
    NoStorage, Unlicensed,
};
use crate::ports::InstanceRuntime;
use crate::reconcile::{Known, Liveness};
use crate::{Clock, MemoryVault, Patience, SystemClock, Worker};

/// Puts a deployment together from ports. Everything but the runtime has a default.
#[derive(Debug)]
pub struct Builder {
    ports: Ports,
    clock: Arc<dyn Clock>,
    patience: Patience,
    addressing: Addressing,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $port:ident;)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl crate::ports::$port) -> Self {
            self.ports.$name = Arc::new($name);
            self
        }
    )* };
}

impl Builder {
    pub(super) fn new(runtime: impl InstanceRuntime) -> Self {
        Self::from_ports(Ports {
            runtime: Arc::new(runtime),
            storage: Arc::new(NoStorage),
            assets: Arc::new(NoAssets),
            asset_door: Arc::new(NoAssetDoor),
            snapshots: Arc::new(NoSnapshots),
            game: Arc::new(NoGame),
            dns: Arc::new(NoDns),
            licenses: Arc::new(Unlicensed::default()),
            vault: Arc::new(MemoryVault::default()),
            leftovers: Arc::new(NoLeftovers),
            archives: Arc::new(NoArchives),
            logs: Arc::new(NoLogs),
            auth: Arc::new(NoAuth),
            store: Arc::new(MemoryStore::default()),
        })
    }

    /// Starts from what a backend brings.
    pub fn from_ports(ports: Ports) -> Self {
        Self {
            ports,
            clock: Arc::new(SystemClock),
            patience: Patience::default(),
            addressing: Addressing::default(),
        }
    }

    setters! {
        /// Keeps data in `storage`.
        storage: WorldStorage;
        /// Keeps uploads in `assets`.
        assets: AssetStore;
        /// Lets uploads be reached through `asset_door`.
        asset_door: AssetDoor;
        /// Keeps copies of data in `snapshots`.
        snapshots: Snapshots;
        /// Talks to programs through `game`.
        game: GameControl;
        /// Takes names from `dns`.
        dns: DnsZone;
        /// Leases licences from `licenses`.
        licenses: LicensePool;
        /// Keeps secrets in `vault`.
        vault: Vault;
        /// Finds what a crash left behind with `leftovers`.
        leftovers: Leftovers;
        /// Keeps release archives in `archives`.
        archives: Archives;
        /// Reads logs from `logs`.
        logs: LogSource;
        /// Checks credentials with `auth`.
        auth: Authenticator;
        /// Writes everything down in `store`.
        store: Store;
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets how the deployment is reached from outside.
    #[must_use]
    pub fn addressing(mut self, addressing: Addressing) -> Self {
        self.addressing = addressing;
        self
    }

    /// Changes how patient the worker is.
    #[must_use]
    pub fn patience(mut self, change: impl FnOnce(&mut Patience)) -> Self {
        change(&mut self.patience);
        self
    }

    /// The handle for front ends, and a worker that does the work.
    #[must_use]
    pub fn build(self) -> (Refractory, Worker) {
        let deployment = Arc::new(Deployment {
            ports: self.ports,
            clock: ClockHistory::new(self.clock),
            patience: self.patience,
            addressing: self.addressing,
            known: Known::default(),
            #[cfg(feature = "accounts")]
            device_key: tokio::sync::OnceCell::new(),
            #[cfg(feature = "accounts")]
            setup_key: tokio::sync::OnceCell::new(),
            liveness: Liveness::default(),
            nudge: watch::Sender::new(0),
        });
        (Refractory::new(Arc::clone(&deployment)), Worker::new(deployment))
    }
}

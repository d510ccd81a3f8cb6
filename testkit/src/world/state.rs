//! The one ledger behind all ports.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use refractory_core::model::{Acceptance, Hostname, License, WorldId};
use refractory_core::ports::{
    ArchiveInfo, Collection, Endpoint, LaunchSpec, SnapshotName, Store, Vault,
};
use refractory_core::{
    Clock, InstanceId, LaunchId, LicenseId, MemoryStore, MemoryVault, Ports, ReleaseId, Secret,
    SecretName, StorePool, Timestamp, UserId, null::NoAuth,
};

use super::WorldSettings;
use crate::clock::PausedClock;
use crate::fault::Faults;

/// A world. Clones are handles on the same world.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub(super) state: Arc<Mutex<WorldState>>,
    pub(super) late: LateEffects,
    pub(super) store: Arc<Mutex<Arc<MemoryStore>>>,
    pub(super) vault: Arc<MemoryVault>,
    pub(super) faults: Faults,
    /// The clocks of the workers here. A test may set them.
    pub(super) clock: PausedClock,
    /// The time that passes, whatever those show.
    pub(super) time: PausedClock,
}

#[derive(Debug, Default)]
pub(super) struct WorldState {
    pub(super) settings: WorldSettings,
    pub(super) machines: BTreeMap<LaunchId, Machine>,
    pub(super) ended: BTreeSet<LaunchId>,
    pub(super) launched: u16,
    pub(super) volumes: BTreeMap<InstanceId, Disk>,
    pub(super) spaces: BTreeSet<InstanceId>,
    pub(super) snapshots: BTreeMap<SnapshotName, StoredSnapshot>,
    /// How often each copy, and each restore, was asked for that is not done.
    pub(super) in_work: BTreeMap<(&'static str, SnapshotName), u32>,
    pub(super) keys: BTreeMap<InstanceId, RotatedKey>,
    pub(super) remains: BTreeMap<String, InstanceId>,
    pub(super) names: BTreeMap<Hostname, (InstanceId, Endpoint)>,
    pub(super) printed: BTreeMap<InstanceId, Vec<String>>,
    pub(super) archives: BTreeMap<ReleaseId, ArchiveInfo>,
    pub(super) violations: Vec<String>,
}

/// A key for uploads that was replaced: for which request, how often before, and which launches have the old one.
#[derive(Debug, Clone, Default)]
pub(super) struct RotatedKey {
    pub(super) before: Timestamp,
    pub(super) times: u32,
    pub(super) given: BTreeSet<LaunchId>,
}

#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) spec: LaunchSpec,
    pub(super) endpoint: Endpoint,
    pub(super) polls: u32,
    pub(super) stopping: Option<u32>,
    pub(super) game: Game,
    pub(super) unreachable: bool,
    pub(super) dies: Option<Timestamp>,
}

#[derive(Debug, Clone, Default)]
pub(super) enum Game {
    #[default]
    Setup,
    Opening {
        world: WorldId,
        migration: u32,
        polls: u32,
    },
    Open {
        world: WorldId,
    },
    Closing {
        polls: u32,
    },
}

/// A copy of a volume.
#[derive(Debug, Clone, Default)]
pub(super) struct StoredSnapshot {
    pub(super) content: String,
    pub(super) damaged: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    pub(super) content: String,
    pub(super) quota: Option<u64>,
}

impl World {
    /// A handle on the same world in which some call made through it goes wrong.
    #[must_use]
    pub fn with(&self, faults: Faults) -> Self {
        Self { faults, ..self.clone() }
    }

    /// The clocks of the workers here. The world itself goes by the time that passes: it does not notice that these are set.
    pub fn clock(&self) -> PausedClock {
        self.clock.clone()
    }

    /// A handle on the same world for a process on another machine, with `clock`.
    #[must_use]
    pub fn with_clock(&self, clock: PausedClock) -> Self {
        Self { clock, ..self.clone() }
    }

    /// A pool of licenses that are rows of this world's store.
    pub fn pool(&self) -> StorePool {
        StorePool::new(self.clone(), self.clone(), self.clock())
    }

    /// This world behind every port, with licenses as rows of its store.
    pub fn ports(&self) -> Ports {
        let store: Arc<dyn Store> = Arc::new(self.clone());
        let vault: Arc<dyn Vault> = Arc::new(self.clone());
        Ports {
            runtime: Arc::new(self.clone()),
            storage: Arc::new(self.clone()),
            assets: Arc::new(self.clone()),
            asset_gateway: Arc::new(self.clone()),
            snapshots: Arc::new(self.clone()),
            game: Arc::new(self.clone()),
            dns: Arc::new(self.clone()),
            licenses: Arc::new(self.pool()),
            vault,
            orphaned_resources: Arc::new(self.clone()),
            archives: Arc::new(self.clone()),
            logs: Arc::new(self.clone()),
            auth: Arc::new(NoAuth),
            store,
        }
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, WorldState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rows(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.store.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes how the world behaves from now on.
    pub fn configure(&self, change: impl FnOnce(&mut WorldSettings)) {
        change(&mut self.ledger().settings);
    }

    /// Lets `count` people play at `of`.
    pub fn set_players(&self, of: &InstanceId, count: u32) {
        self.configure(|knobs| {
            knobs.players.insert(of.clone(), count);
        });
    }

    /// Adds a license whose agreement a person has accepted.
    ///
    /// # Errors
    ///
    /// As the store has them: `Conflict` when the name is taken.
    pub async fn add_license(&self, name: &str) -> refractory_core::Result<LicenseId> {
        let id = LicenseId::new(name)?;
        let accepted = Acceptance {
            by: UserId::new("somebody")?,
            name: "Somebody".to_owned(),
            at: self.clock.now(),
            version: "2023-03-02".to_owned(),
        };
        let license = License {
            id: id.clone(),
            name: name.to_owned(),
            masked: format!("{name}-••••"),
            fingerprint: name.to_owned(),
            eula: Some(accepted),
            lease: None,
            reserved: None,
            fence: 0,
            added: self.clock.now(),
            revision: 0,
        };
        let secret = SecretName::new(&license.secret())?;
        self.vault.ensure(&secret, &Secret::new(format!("key of {name}"))).await?;
        Collection::of(self.rows().as_ref()).insert(&license).await?;
        Ok(id)
    }

    /// Every machine that runs now.
    pub fn machines(&self) -> Vec<LaunchId> {
        self.apply_late_effects();
        let now = self.time.now();
        let ledger = self.ledger();
        let running = ledger.machines.iter().filter(|(_, machine)| machine.runs(now));
        running.map(|(key, _)| key.clone()).collect()
    }

    /// Kills every machine, as a provider may at any time.
    pub fn kill_machines(&self) {
        let mut ledger = self.ledger();
        let killed = std::mem::take(&mut ledger.machines);
        ledger.ended.extend(killed.into_keys());
    }

    /// Kills the machines of one instance.
    pub fn kill(&self, of: &InstanceId) {
        let mut ledger = self.ledger();
        let killed: Vec<_> =
            ledger.machines.keys().filter(|key| key.instance == *of).cloned().collect();
        for key in killed {
            ledger.machines.remove(&key);
            ledger.ended.insert(key);
        }
    }

    /// Cuts the node off: nothing can be asked about what runs there, and it runs on until `dies`.
    pub fn lose_node(&self, dies: Option<Timestamp>) {
        for machine in self.ledger().machines.values_mut() {
            machine.unreachable = true;
            machine.dies = dies;
        }
    }

    /// Lets the node answer again.
    pub fn find_node(&self) {
        for machine in self.ledger().machines.values_mut() {
            machine.unreachable = false;
        }
    }
}

impl Machine {
    pub(super) fn runs(&self, now: Timestamp) -> bool {
        self.dies.is_none_or(|dies| now < dies)
    }

    pub(super) fn is_migrating(&self) -> bool {
        matches!(self.game, Game::Opening { migration, .. } if migration > 0)
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.game, Game::Open { .. } | Game::Opening { .. } | Game::Closing { .. })
    }
}

pub(super) type Effect = Box<dyn FnOnce(&World) + Send>;

/// Effects that are still on their way.
#[derive(Clone, Default)]
pub(super) struct LateEffects(pub(super) Arc<Mutex<Vec<(Timestamp, Effect)>>>);

impl std::fmt::Debug for LateEffects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        write!(f, "LateEffects({waiting})")
    }
}

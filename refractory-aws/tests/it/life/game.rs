//! The program in a task that runs nothing, an observer, and the rules that only the ports together can break.
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard};

use refractory_core::model::{LicenseChoice, WorldId};
use refractory_core::plan::{Decision, decide};
use refractory_core::ports::{
    Changes, Endpoint, GameControl, GameStatus, GameTarget, Granted, InstanceRuntime, Kind,
    LaunchSpec, LicensePool, Observed, Page, Position, Query, Record, Stop, Store, UniqueKey,
    WorldRef, Write,
};
use refractory_core::{Clock as _, InstanceId, LaunchId, LicenseId, Ports, Result, async_trait};
use testkit::aws::{Account, FaultProxy};

use crate::support::bed::IMAGE;
use crate::support::clock::AheadClock;

/// What is played, and what was done that must not be. Clones are handles on the same.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    account: Account,
    proxy: Arc<FaultProxy>,
    clock: AheadClock,
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    /// The worlds that are open, by where; each listens, as the load balancer wants to see.
    open: BTreeMap<String, (WorldId, TcpListener)>,
    /// Where each launch was seen to listen.
    seen: BTreeMap<LaunchId, String>,
    broken: BTreeSet<String>,
}

impl Watch {
    pub(super) fn over(account: &Account, proxy: &Arc<FaultProxy>, clock: &AheadClock) -> Self {
        Self {
            account: account.clone(),
            proxy: Arc::clone(proxy),
            clock: clock.clone(),
            table: Arc::default(),
        }
    }

    /// A worker's `ports`, with a program in each task. What the worker is about to do is the scene of the proxy.
    pub(super) fn ports(&self, ports: Ports) -> Ports {
        Ports {
            game: Arc::new(self.clone()),
            runtime: Arc::new(Watched { port: ports.runtime, watch: self.clone() }),
            licenses: Arc::new(Watched { port: ports.licenses, watch: self.clone() }),
            store: Arc::new(Watched { port: ports.store, watch: self.clone() }),
            ..ports
        }
    }

    /// What was done since the last time that must not be.
    pub(super) fn broken_rules(&self) -> Vec<String> {
        std::mem::take(&mut self.table().broken).into_iter().collect()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap()
    }

    fn breaks(&self, rule: String) {
        self.table().broken.insert(rule);
    }

    fn saw(&self, key: &LaunchId, seen: &Result<Observed<Endpoint>>) {
        if let Ok(Observed::Ready(endpoint)) = seen {
            self.table().seen.insert(key.clone(), endpoint.host.clone());
        }
    }
}

fn status(world: Option<WorldId>) -> Observed<GameStatus> {
    Observed::Ready(GameStatus { version: None, world, players: 0 })
}

#[async_trait]
impl GameControl for Watch {
    async fn ensure(&self, at: &GameTarget, world: &WorldRef) -> Result<Observed<GameStatus>> {
        let (host, port) = (&at.endpoint.host, at.endpoint.port);
        if let Some(world) = &world.world {
            let mut table = self.table();
            if !table.open.contains_key(host) {
                let listens = TcpListener::bind((host.as_str(), port)).unwrap();
                table.open.insert(host.clone(), (world.clone(), listens));
            }
        }
        Ok(status(world.world.clone()))
    }

    async fn observe(&self, at: &GameTarget) -> Result<Observed<GameStatus>> {
        let open = self.table().open.get(&at.endpoint.host).map(|(world, _)| world.clone());
        Ok(status(open))
    }

    async fn remove(&self, at: &GameTarget, _: Stop) -> Result<Observed<GameStatus>> {
        self.table().open.remove(&at.endpoint.host);
        Ok(Observed::Absent)
    }
}

/// A port with an observer.
#[derive(Debug)]
struct Watched<P: ?Sized> {
    port: Arc<P>,
    watch: Watch,
}

#[async_trait]
impl InstanceRuntime for Watched<dyn InstanceRuntime> {
    async fn ensure(&self, key: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        let seen = self.port.ensure(key, spec).await;
        self.watch.saw(key, &seen);
        seen
    }

    async fn observe(&self, key: &LaunchId) -> Result<Observed<Endpoint>> {
        let seen = self.port.observe(key).await;
        self.watch.saw(key, &seen);
        seen
    }

    async fn remove(&self, key: &LaunchId, how: Stop) -> Result<Observed<Endpoint>> {
        let open = {
            let table = self.watch.table();
            table.seen.get(key).is_some_and(|host| table.open.contains_key(host))
        };
        if open {
            self.watch.breaks("a program was stopped with its world open".to_owned());
        }
        self.port.remove(key, how).await
    }

    async fn list(&self) -> Result<Vec<LaunchId>> {
        self.port.list().await
    }
}

#[async_trait]
impl LicensePool for Watched<dyn LicensePool> {
    async fn ensure(&self, owner: &InstanceId, wish: &LicenseChoice) -> Result<Observed<Granted>> {
        self.port.ensure(owner, wish).await
    }

    async fn observe(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        self.port.observe(owner).await
    }

    async fn remove(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        let tasks = self.watch.account.tasks().await.unwrap();
        if let Some(task) = tasks.iter().find(|task| task.image == IMAGE) {
            self.watch.breaks(format!("a key was returned while {} used it", task.task));
        }
        self.port.remove(owner).await
    }

    async fn list(&self) -> Result<Vec<(LicenseId, Option<InstanceId>)>> {
        self.port.list().await
    }
}

#[async_trait]
impl Store for Watched<dyn Store> {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        let loaded = self.port.load(kind, id).await;
        if let Ok(Some(Record::Instance(row))) = &loaded {
            // A worker's step begins so.
            let now = self.watch.clock.now();
            let waits = row.fault.as_ref().map(|fault| fault.retry_in(now)).unwrap_or_default();
            self.watch.proxy.scene(&scene(decide(row, waits)));
        }
        loaded
    }
    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        self.port.find(key).await
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        self.port.query(query).await
    }
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        self.port.commit(writes).await
    }
    async fn position(&self, kind: Kind) -> Result<Position> {
        self.port.position(kind).await
    }
    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        self.port.changes(kind, after, limit).await
    }
}

fn scene(decision: Decision) -> String {
    match decision {
        Decision::Wait(_) => "wait".to_owned(),
        other => format!("{other:?}"),
    }
}

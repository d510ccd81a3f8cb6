//! Random interleavings of starts, stops, crashes, hand-overs and dying workers, over fewer keys than
//! tables: never two reachable tables on one key, and everything settles.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::model::{Health, LicenseChoice, Phase, Urgency};
use refractory_core::ports::{
    Endpoint, Granted, InstanceRuntime, LaunchSpec, LicensePool, Observed, Stop,
};
use refractory_core::{
    InstanceId, LaunchId, LicenseId, Ports, Result, StorePool, Worker, async_trait,
};
use testkit::fault::PowerCut;
use testkit::world::World;

use super::dice::Dice;
use super::house::{House, op};

const NAMES: [&str; 3] = ["one", "two", "three"];

/// One interleaving.
struct Play {
    house: House,
    tables: Vec<InstanceId>,
    workers: Vec<Worker>,
    dice: Dice,
}

impl Play {
    async fn new(seed: u64, workers: usize, ports: fn(&World) -> Ports) -> Self {
        let mut dice = Dice::new(seed);
        let world = World::default();
        let keys = 1 + dice.roll(2);
        for key in 0..keys {
            world.add_license(&format!("key-{key}")).await.unwrap();
        }
        world.configure(|knobs| {
            knobs.boot_polls = u32::try_from(dice.roll(3)).unwrap();
            knobs.stop_polls = u32::try_from(dice.roll(3)).unwrap();
            knobs.close_polls = u32::try_from(dice.roll(2)).unwrap();
            knobs.migration_polls = u32::try_from(dice.roll(2)).unwrap();
        });
        let house = House::with_ports(&world, ports(&world));
        let mut tables = Vec::new();
        for name in NAMES.iter().take(keys + 1) {
            tables.push(house.table(name).await);
        }
        let workers = (0..workers).map(|_| house.worker()).collect();
        Self { house, tables, workers, dice }
    }

    async fn run(&mut self) {
        for _ in 0..14 {
            self.event().await;
            for _ in 0..self.dice.roll(5) {
                let who = self.dice.roll(self.workers.len());
                self.workers[who].pass().await;
                let nap = [1, 60, 400, 1_500, 4_000][self.dice.roll(5)];
                tokio::time::sleep(Duration::from_millis(nap)).await;
            }
        }
    }

    async fn event(&mut self) {
        let who = self.dice.roll(self.tables.len());
        let table = self.tables[who].clone();
        match self.dice.roll(10) {
            0..=3 => self.house.start(&table).await,
            4 => self.house.stop(&table).await,
            5 => {
                self.house.app.stop(&op(), &table, Urgency::Now).await.unwrap();
            }
            6 => self.house.world.kill(&table),
            7 => {
                let players = u32::try_from(self.dice.roll(3)).unwrap();
                self.house.world.set_players(&table, players);
            }
            8 => self.house.world.configure(|knobs| knobs.status_unknown = !knobs.status_unknown),
            _ => self.kill_a_worker().await,
        }
    }

    /// A worker dies in the middle of a pass, and another one is born.
    async fn kill_a_worker(&mut self) {
        let who = self.dice.roll(self.workers.len());
        let mut cut = PowerCut::at(1 + self.dice.roll(60));
        cut.run(Box::pin(self.workers[who].pass())).await;
        self.workers[who] = self.house.worker();
    }

    /// Everyone goes home; then it settles, within a quarter of an hour.
    async fn settle(&mut self) -> bool {
        self.house.world.configure(|knobs| {
            knobs.players.clear();
            knobs.status_unknown = false;
        });
        let end = tokio::time::Instant::now() + Duration::from_mins(15);
        while tokio::time::Instant::now() < end {
            let mut wait = Duration::from_secs(5);
            for worker in &self.workers {
                wait = wait.min(worker.pass().await);
            }
            if self.is_settled().await {
                return true;
            }
            tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
        }
        false
    }

    async fn is_settled(&self) -> bool {
        for table in &self.tables {
            let Some(row) = self.house.get(table).await else { continue };
            let settled = match row.phase() {
                Phase::On(_) => true,
                Phase::Off => !row.is_desired_on() || row.health() == Health::NeedsAttention,
                Phase::Starting(_) | Phase::Stopping(_) => false,
            };
            if !settled {
                return false;
            }
        }
        true
    }

    async fn rows(&self) -> String {
        let mut rows = Vec::new();
        for table in &self.tables {
            rows.push(format!("{:#?}", self.house.get(table).await));
        }
        rows.join("\n")
    }
}

async fn play_all(seeds: std::ops::Range<u64>, workers: usize) {
    for seed in seeds {
        let mut play = Play::new(seed, workers, World::ports).await;
        play.run().await;
        assert!(play.settle().await, "seed {seed} does not settle: {}", play.rows().await);
        let broken = play.house.world.violations();
        assert_eq!(broken, Vec::<String>::new(), "seed {seed}");
    }
}

// Ten thousand in all, in four parts that run at the same time.

#[tokio::test(start_paused = true)]
async fn interleavings_with_one_worker_settle_and_break_no_rule() {
    play_all(0..2_500, 1).await;
}

#[tokio::test(start_paused = true)]
async fn more_interleavings_with_one_worker_settle_and_break_no_rule() {
    play_all(2_500..5_000, 1).await;
}

#[tokio::test(start_paused = true)]
async fn interleavings_with_two_workers_settle_and_break_no_rule() {
    play_all(5_000..7_500, 2).await;
}

#[tokio::test(start_paused = true)]
async fn more_interleavings_with_two_workers_settle_and_break_no_rule() {
    play_all(7_500..10_000, 2).await;
}

/// Whether the rules of the house notice a defect within some hundred interleavings.
async fn is_caught(ports: fn(&World) -> Ports) -> bool {
    for seed in 0..400 {
        let mut play = Play::new(seed, 2, ports).await;
        play.run().await;
        play.settle().await;
        if !play.house.world.violations().is_empty() {
            return true;
        }
    }
    false
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_leases_a_key_twice_is_caught() {
    assert!(
        is_caught(|world| Ports { licenses: Arc::new(Generous(world.pool())), ..world.ports() })
            .await
    );
}

#[tokio::test(start_paused = true)]
async fn a_machine_taken_to_be_gone_while_it_stops_is_caught() {
    assert!(
        is_caught(|world| Ports { runtime: Arc::new(Hasty(world.clone())), ..world.ports() }).await
    );
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_takes_leases_back_by_itself_is_caught() {
    assert!(
        is_caught(|world| Ports { licenses: Arc::new(Forgetful(world.pool())), ..world.ports() })
            .await
    );
}

/// Leases the desired license, whatever holds it: unknown counts as free.
#[derive(Debug)]
struct Generous(StorePool);

#[async_trait]
impl LicensePool for Generous {
    async fn ensure(
        &self,
        owner: &InstanceId,
        choice: &LicenseChoice,
    ) -> Result<Observed<Granted>> {
        let honest = self.0.ensure(owner, choice).await?;
        let holder = self.0.list().await?.into_iter().find_map(|(_, holder)| holder);
        match (honest, holder) {
            (Observed::Pending(_), Some(holder)) => self.0.observe(&holder).await,
            (honest, _) => Ok(honest),
        }
    }
    async fn observe(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        let honest = self.0.observe(owner).await?;
        let holder = self.0.list().await?.into_iter().find_map(|(_, holder)| holder);
        match (honest, holder) {
            (Observed::Absent, Some(holder)) => self.0.observe(&holder).await,
            (honest, _) => Ok(honest),
        }
    }
    async fn remove(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        self.0.remove(owner).await
    }
    async fn list(&self) -> Result<Vec<(LicenseId, Option<InstanceId>)>> {
        self.0.list().await
    }
}

/// Returns someone's lease before it grants another.
#[derive(Debug)]
struct Forgetful(StorePool);

#[async_trait]
impl LicensePool for Forgetful {
    async fn ensure(
        &self,
        owner: &InstanceId,
        choice: &LicenseChoice,
    ) -> Result<Observed<Granted>> {
        let honest = self.0.ensure(owner, choice).await?;
        if let (Observed::Pending(_), Some((_, Some(holder)))) =
            (&honest, self.0.list().await?.into_iter().find(|(_, holder)| holder.is_some()))
        {
            self.0.remove(&holder).await?;
            return self.0.ensure(owner, choice).await;
        }
        Ok(honest)
    }
    async fn observe(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        self.0.observe(owner).await
    }
    async fn remove(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        self.0.remove(owner).await
    }
    async fn list(&self) -> Result<Vec<(LicenseId, Option<InstanceId>)>> {
        self.0.list().await
    }
}

/// Says that a machine is gone as soon as it was asked to stop.
#[derive(Debug)]
struct Hasty(World);

#[async_trait]
impl InstanceRuntime for Hasty {
    async fn ensure(&self, key: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        InstanceRuntime::ensure(&self.0, key, spec).await
    }
    async fn observe(&self, key: &LaunchId) -> Result<Observed<Endpoint>> {
        InstanceRuntime::observe(&self.0, key).await
    }
    async fn remove(&self, key: &LaunchId, how: Stop) -> Result<Observed<Endpoint>> {
        InstanceRuntime::remove(&self.0, key, how).await.map(|_| Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<LaunchId>> {
        InstanceRuntime::list(&self.0).await
    }
}

//! A deployment in a world, and ways to drive it.
use std::time::Duration;

use refractory_core::model::{
    Event, Health, Held, Instance, InstanceSpec, NewInstance, Phase, Principal, Slug, Step, WorldId,
};
use refractory_core::words::{English, Words as _};
use refractory_core::{Builder, EventFilter, InstanceId, Ports, Refractory, Worker, WorkerOptions};
use testkit::clock::PausedClock;
use testkit::fault::PowerCut;
use testkit::world::World;

/// The sentence of an event.
pub(super) fn said(event: &Event) -> String {
    English.event(event)
}

pub(super) fn op() -> Principal {
    Principal::operator()
}

/// One deployment: people's handle, which never fails, and workers in which things may go wrong.
pub(super) struct House {
    pub(super) world: World,
    pub(super) app: Refractory,
    troubled: Refractory,
}

impl House {
    /// A house whose workers see the world through `troubled`.
    pub(super) fn new(world: &World, troubled: &World) -> Self {
        Self::with_ports(world, troubled.ports())
    }

    pub(super) fn with_ports(world: &World, ports: Ports) -> Self {
        Self::patient(world, ports, Duration::from_secs(2))
    }

    /// The same, where a table must have been empty for so long before it is asked to make room.
    pub(super) fn patient(world: &World, ports: Ports, make_room_after: Duration) -> Self {
        Self::with_options(world, ports, |options| {
            options.poll = Duration::from_millis(400);
            options.edge_lag = Duration::from_secs(1);
            options.make_room_after = make_room_after;
        })
    }

    fn with_options(world: &World, ports: Ports, change: impl Fn(&mut WorkerOptions)) -> Self {
        let build = |ports| {
            Builder::from_ports(ports).clock(world.clock()).worker_options(&change).build().0
        };
        Self { world: world.clone(), app: build(world.ports()), troubled: build(ports) }
    }

    /// The same world for a process with other clocks.
    pub(super) fn on_clock(world: &World, clock: PausedClock) -> Self {
        let world = world.with_clock(clock);
        Self::new(&world, &world)
    }

    /// A quiet house with this many licenses.
    pub(super) async fn quiet(licenses: usize) -> Self {
        let world = stocked(licenses).await;
        Self::new(&world, &world)
    }

    /// A quiet house with one license, where a table must have been empty for so long before it is asked to make room.
    pub(super) async fn slow_to_ask(make_room_after: Duration) -> Self {
        let world = stocked(1).await;
        Self::patient(&world, world.ports(), make_room_after)
    }

    /// A quiet house that keeps no password of a deleted table.
    pub(super) async fn keeping_no_admin_keys() -> Self {
        let world = stocked(1).await;
        Self::with_options(&world, world.ports(), |options| {
            options.admin_key_retention = Duration::ZERO;
        })
    }

    /// A handle that sees the world as the workers do.
    pub(super) fn troubled(&self) -> &Refractory {
        &self.troubled
    }

    pub(super) fn worker(&self) -> Worker {
        self.troubled.worker()
    }

    pub(super) async fn table(&self, name: &str) -> InstanceId {
        let spec = InstanceSpec {
            world: Some(WorldId::new("strahd").unwrap()),
            ..InstanceSpec::default()
        };
        let new = NewInstance::named(Slug::new(name).unwrap()).with_spec(spec);
        self.app.create(&op(), new).await.unwrap().id
    }

    pub(super) async fn get(&self, id: &InstanceId) -> Option<Instance> {
        self.app.get(&op(), id).await.ok()
    }

    pub(super) async fn start(&self, id: &InstanceId) {
        self.app.start(&op(), id).await.unwrap();
    }

    pub(super) async fn stop(&self, id: &InstanceId) {
        self.app.stop(&op(), id, refractory_core::model::Urgency::Gentle).await.unwrap();
    }

    pub(super) async fn delete(&self, id: &InstanceId) {
        let name = self.get(id).await.unwrap().slug;
        self.app.delete(&op(), id, name.as_str()).await.unwrap();
    }

    pub(super) async fn is_on(&self, id: &InstanceId) -> bool {
        self.get(id).await.is_some_and(|row| matches!(row.phase(), Phase::On(_)))
    }

    pub(super) async fn is_off(&self, id: &InstanceId) -> bool {
        self.get(id).await.is_some_and(|row| row.phase() == Phase::Off)
    }

    /// The latest two hundred events, of one table or of all.
    pub(super) async fn events(&self, of: Option<&InstanceId>) -> Vec<Event> {
        let filter = of.map(EventFilter::about).unwrap_or_default();
        self.app.events(&op(), &filter, None, 200).await.unwrap().events
    }

    /// Lets a worker work for `time`.
    pub(super) async fn run(&self, worker: &Worker, time: Duration) {
        let mut worker = worker.clone();
        self.run_cut(&mut worker, time, &mut PowerCut::default()).await;
    }

    /// The same until the power is cut; a fresh worker goes on from what was written down.
    pub(super) async fn run_cut(&self, worker: &mut Worker, time: Duration, cut: &mut PowerCut) {
        self.run_to(worker, time, cut, None).await;
    }

    /// Lets `worker` work until `goal` is reached, for six minutes at most; whether it was.
    pub(super) async fn reach(
        &self,
        worker: &mut Worker,
        cut: &mut PowerCut,
        id: &InstanceId,
        goal: Goal,
    ) -> bool {
        self.run_to(worker, Duration::from_mins(6), cut, Some((id, goal))).await
    }

    /// The same with a fresh worker, whose power is not cut.
    pub(super) async fn reaches(&self, id: &InstanceId, goal: Goal) -> bool {
        self.reach(&mut self.worker(), &mut PowerCut::default(), id, goal).await
    }

    async fn run_to(
        &self,
        worker: &mut Worker,
        time: Duration,
        cut: &mut PowerCut,
        goal: Option<(&InstanceId, Goal)>,
    ) -> bool {
        let end = tokio::time::Instant::now() + time;
        while tokio::time::Instant::now() < end {
            let wait = if let Some(wait) = cut.run(Box::pin(worker.pass())).await {
                wait
            } else {
                *worker = self.worker();
                Duration::ZERO
            };
            if let Some((id, goal)) = goal
                && goal.is_reached(self.get(id).await.as_ref())
            {
                return true;
            }
            let left = end - tokio::time::Instant::now();
            tokio::time::sleep(wait.min(left).max(Duration::from_millis(1))).await;
        }
        goal.is_none()
    }

    pub(super) fn assert_tidy(&self, when: &str) {
        assert_eq!(self.world.violations(), Vec::<String>::new(), "{when}");
        assert_eq!(self.world.orphaned_resources(), Vec::<String>::new(), "{when}");
    }
}

/// A world of one license in which each wait ends at the second look.
pub(super) async fn quick_world() -> World {
    let world = World::default();
    world.configure(|knobs| {
        knobs.boot_polls = 1;
        knobs.stop_polls = 1;
        knobs.open_polls = 1;
        knobs.close_polls = 1;
    });
    world.add_license("key").await.unwrap();
    world
}

/// A world with this many licenses.
async fn stocked(licenses: usize) -> World {
    let world = World::default();
    for number in 0..licenses {
        world.add_license(&format!("key-{number}")).await.unwrap();
    }
    world
}

/// What a part of a life should come to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// On, under the name that is wished for, by a launch after this one - or asking for a person and down.
    OnAfter(u32),
    /// Off.
    Off,
    /// Gone.
    Gone,
}

impl Goal {
    pub(super) fn is_reached(self, row: Option<&Instance>) -> bool {
        let Some(row) = row else { return matches!(self, Self::Gone) };
        match self {
            Self::OnAfter(epoch) => {
                let name = match row.journal.held(Step::Name) {
                    Some(Held::Name(name)) => name.label() == row.slug.as_str(),
                    _ => false,
                };
                let on = matches!(row.phase(), Phase::On(_)) && name && row.epoch > epoch;
                on || (row.health() == Health::NeedsAttention && row.phase() == Phase::Off)
            }
            Self::Off => row.phase() == Phase::Off,
            Self::Gone => false,
        }
    }
}

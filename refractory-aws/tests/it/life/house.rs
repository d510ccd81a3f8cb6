//! A deployment on AWS, one of its tables, and its workers.
use std::sync::Arc;
use std::time::Duration;

use refractory_aws::{
    AssetAccess, AwsBackend, AwsConfig, Clients, DynamoStore, Naming, Routing, StackOutputs,
};
use refractory_core::config::{Base, Span};
use refractory_core::model::{
    Fault as Trouble, Health, Instance, InstanceSpec, LicenseKey, NewInstance, Phase, Principal,
    Slug, Urgency, WorldId,
};
use refractory_core::ports::{DnsZone, Observed};
use refractory_core::{Addressing, Builder, InstanceId, Ports, Refractory, Worker, WorkerOptions};
use testkit::aws::{Account, Census, Emulator, FaultProxy, Program};

use super::game::Watch;
use crate::support::bed::IMAGE;
use crate::support::clock::AheadClock;
use crate::support::names::{DOMAIN, balancer, record};
use crate::support::outputs::{DEPLOYMENT, outputs};
use crate::support::store::make_table;
use crate::support::{clients, hasty_clients_at};

/// How long one part of a life may take before a test gives it up.
const PATIENCE: Duration = Duration::from_mins(2);

/// A deployment with one license, in its own account.
pub(super) struct House {
    pub(super) account: Account,
    pub(super) proxy: Arc<FaultProxy>,
    pub(super) watch: Watch,
    pub(super) app: Refractory,
    outputs: StackOutputs,
    config: AwsConfig,
    clock: AheadClock,
    /// What there is while there is no table.
    pub(super) empty: Census,
}

/// What a part of a life should come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    On,
    Off,
    Gone,
}

/// What it came to.
#[derive(Debug)]
pub(super) enum Came {
    /// To what was wished for.
    There,
    /// A start was given up, and undone.
    GivenUp(Trouble),
    /// To nothing, in all that time; how the row stood then.
    Nowhere(String),
}

pub(super) fn op() -> Principal {
    Principal::operator()
}

impl House {
    /// Uploads in buckets, and a rule of the load balancer for each table: as many services as there are.
    pub(super) async fn made() -> Self {
        let account = Emulator::shared().await.account();
        let own = clients(&account);
        let mut config = AwsConfig::default();
        config.deployment = DEPLOYMENT.to_owned();
        (config.assets, config.routing) = (AssetAccess::Public, Routing::LoadBalancer);
        (config.image, config.recovery) = (IMAGE.to_owned(), Span::minutes(0));
        let (listener, balancer_name, balancer_zone) = balancer(&own).await;
        let outputs = StackOutputs {
            listener,
            balancer_name,
            balancer_zone,
            ..outputs(&own, &account).await
        };
        make_table(&own, &outputs.table).await;
        account.run_as(IMAGE, &Program::idle()).await.unwrap();
        account.run_as(&config.helper_image, &Program::new("/usr/bin/env", &[])).await.unwrap();
        let proxy = Arc::new(FaultProxy::start(account.address()).await);
        let clock = AheadClock::default();
        let watch = Watch::over(&account, &proxy, &clock);
        let ports = ports(&config, own, &outputs, &clock);
        an_earlier_table(ports.dns.as_ref()).await;
        let app = builder(ports, &clock).build().0;
        let key = LicenseKey::new(testkit::foundry::LICENSE_KEY).unwrap();
        let license = app.add_license(&op(), "key", key).await.unwrap();
        app.accept_eula(&op(), &license.id).await.unwrap();
        let empty = account.census().await.unwrap();
        Self { account, proxy, watch, app, outputs, config, clock, empty }
    }

    /// A process that remembers nothing, with AWS behind the proxy.
    pub(super) fn worker(&self, attempt: Duration) -> Worker {
        let clients = hasty_clients_at(&self.account, &self.proxy.endpoint(), attempt);
        let ports = ports(&self.config, clients, &self.outputs, &self.clock);
        builder(self.watch.ports(ports), &self.clock).build().1
    }

    pub(super) async fn table(&self) -> InstanceId {
        let spec = InstanceSpec {
            world: Some(WorldId::new("strahd").unwrap()),
            ..InstanceSpec::default()
        };
        let new = NewInstance::named(Slug::new("friday").unwrap()).with_spec(spec);
        self.app.create(&op(), new).await.unwrap().id
    }

    pub(super) async fn wish(&self, of: &InstanceId, goal: Goal) {
        match goal {
            Goal::On => self.app.start(&op(), of).await,
            Goal::Off => self.app.stop(&op(), of, Urgency::Gentle).await,
            Goal::Gone => self.app.delete(&op(), of, "friday").await,
        }
        .unwrap();
    }

    /// Lets `worker` work until it has come to `goal`. Where it waits, time goes on by itself, `pace` times as fast.
    pub(super) async fn work(
        &self,
        worker: &Worker,
        of: &InstanceId,
        goal: Goal,
        pace: u32,
    ) -> Came {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            // What goes wrong with the store is not written down, and tried again.
            let wait = worker.step(of).await.unwrap_or(Duration::from_secs(1));
            if wait.is_zero() {
                continue;
            }
            let row = self.app.get(&op(), of).await.ok();
            if let Some(came) = reached(row.as_ref(), goal) {
                return came;
            }
            if tokio::time::Instant::now() >= end {
                return Came::Nowhere(format!("{row:?}"));
            }
            self.pass(wait.min(Duration::from_secs(30)), pace).await;
        }
    }

    pub(super) fn naming(&self) -> Naming {
        Naming::new(&self.config.deployment)
    }

    /// Lets time go on by `span`.
    pub(super) async fn pass(&self, span: Duration, pace: u32) {
        self.clock.forward(span);
        tokio::time::sleep((span / pace).max(Duration::from_millis(6))).await;
    }
}

fn reached(row: Option<&Instance>, goal: Goal) -> Option<Came> {
    let Some(row) = row else { return (goal == Goal::Gone).then_some(Came::There) };
    match goal {
        Goal::On if matches!(row.phase(), Phase::On(_)) => Some(Came::There),
        Goal::On if row.health() == Health::NeedsAttention && row.phase() == Phase::Off => {
            row.fault.clone().map(Came::GivenUp)
        }
        Goal::Off if row.phase() == Phase::Off => Some(Came::There),
        Goal::On | Goal::Off | Goal::Gone => None,
    }
}

fn ports(
    config: &AwsConfig,
    clients: Clients,
    outputs: &StackOutputs,
    clock: &AheadClock,
) -> Ports {
    let base = Base {
        data: std::env::temp_dir(),
        store: Arc::new(DynamoStore::new(&clients, &outputs.table)),
        clock: Arc::new(clock.clone()),
        addressing: addressing(),
    };
    AwsBackend::ports(config.clone(), clients, outputs.clone(), base).unwrap()
}

/// The first table that has a name leaves the load balancer with the rule that closes doors: the deployment's from then on.
async fn an_earlier_table(names: &dyn DnsZone) {
    let (of, record) = (InstanceId::new("earlier").unwrap(), record("earlier", "127.0.0.9"));
    // Nothing listens there, so it never is ready; its rule, and the deployment's before that, are made at once.
    names.ensure(&of, &record).await.unwrap();
    while names.remove(&of, &record.name).await.unwrap() != Observed::Absent {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Patient with a life in which a hundred calls go wrong, one after the other; and it asks as often as a life takes, not as a
/// person would like.
fn builder(ports: Ports, clock: &AheadClock) -> Builder {
    let patient = |options: &mut WorkerOptions| {
        (options.give_up_after, options.stall) = (1_000, Duration::from_hours(100));
        options.close_within = options.stall;
        // A life leaves nothing.
        options.admin_key_retention = Duration::ZERO;
        (options.backoff_cap, options.poll) = (options.backoff, Duration::from_secs(2));
    };
    let builder = Builder::from_ports(ports).clock(clock.clone());
    builder.addressing(addressing()).worker_options(patient)
}

fn addressing() -> Addressing {
    Addressing::new(DOMAIN, 443, true)
}

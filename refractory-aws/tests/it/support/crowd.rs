//! A deployment with many tables that are on, and what it asks of AWS.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_iam::types::Tag;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use refractory_aws::{AssetAccess, AwsBackend, DynamoStore};
use refractory_core::config::Base;
use refractory_core::model::{
    Held, Hostname, Instance, InstanceSpec, LicenseChoice, LicenseKey, NewInstance, Phase, Power,
    Principal, Slug, Step, Urgency,
};
use refractory_core::null::NoGame;
use refractory_core::ports::{
    Collection, Endpoint, InstanceRuntime as _, Observed, Volume, VolumeSpec, WorldStorage as _,
};
use refractory_core::{Addressing, Builder, InstanceId, LaunchId, Refractory, Timestamp, Worker};
use testkit::aws::{Call, FaultProxy};

use super::bed::{Bed, IMAGE, PATIENCE, ready};
use super::clients_at;
use super::clock::HeldClock;
use super::outputs::DEPLOYMENT;
use super::store::make_table;

/// How many tables are in hand at once: as many as a worker has.
const HANDS: usize = 16;

/// A deployment with tables that are on: a task, a row, an access point, a user and a secret for each.
#[derive(Debug)]
pub(crate) struct Crowd {
    tables: Vec<InstanceId>,
    proxy: FaultProxy,
    clock: HeldClock,
    app: Refractory,
    worker: Worker,
}

/// Calls, by service and operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bill(pub(crate) BTreeMap<(String, String), usize>);

impl Bill {
    fn of(calls: &[Call]) -> Self {
        let mut bill = BTreeMap::new();
        for call in calls {
            *bill.entry((call.service.clone(), call.operation.clone())).or_default() += 1;
        }
        Self(bill)
    }

    /// How many calls of `service`.
    pub(crate) fn of_service(&self, service: &str) -> usize {
        self.0.iter().filter(|((of, _), _)| of == service).map(|(_, count)| count).sum()
    }

    /// How many of `operation`.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.0.iter().filter(|((_, name), _)| name == operation).map(|(_, count)| count).sum()
    }

    /// How many there are.
    pub(crate) fn total(&self) -> usize {
        self.0.values().sum()
    }
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((service, operation), count) in &self.0 {
            writeln!(f, "  {count:>6}  {service} {operation}")?;
        }
        Ok(())
    }
}

impl Crowd {
    /// `tables` tables, made by hand.
    pub(crate) async fn made(tables: usize) -> Self {
        let mut bed = Bed::made().await;
        let clock = HeldClock::made();
        bed.clock = Arc::new(clock.clone());
        bed.config.assets = AssetAccess::Public;
        bed.config.image = IMAGE.to_owned();
        make_table(&bed.clients, &bed.outputs.table).await;
        let ids: Vec<InstanceId> =
            (0..tables).map(|at| InstanceId::new(&format!("t{at}")).unwrap()).collect();
        settle(&bed, &ids).await;
        let proxy = FaultProxy::start(bed.account.address()).await;
        let seen = clients_at(&bed.account, &proxy.endpoint());
        let build = |clients| {
            let base = Base {
                data: std::env::temp_dir(),
                store: Arc::new(DynamoStore::new(&clients, &bed.outputs.table)),
                clock: Arc::new(clock.clone()),
                addressing: Addressing::default(),
            };
            let ports =
                AwsBackend::ports(bed.config.clone(), clients, bed.outputs.clone(), base).unwrap();
            Builder::from_ports(ports).game(NoGame).clock(clock.clone()).build()
        };
        let (app, worker) = build(seen);
        let who = Principal::operator();
        let key = LicenseKey::new(testkit::foundry::LICENSE_KEY).unwrap();
        let license = app.add_license(&who, "key", key).await.unwrap();
        app.accept_eula(&who, &license.id).await.unwrap();
        let crowd = Self { tables: ids, proxy, clock, app, worker };
        // A process that has just started looks at everything once, in several goes where there is much of it.
        while crowd.worker.sweep().await.is_err() {}
        // A first look writes down what it saw; an emulator with much to do may not answer some of them in time.
        while crowd.round().await.count("UpdateItem") > 0 {}
        crowd
    }

    /// A look at every table, as a worker looks every few seconds.
    pub(crate) async fn round(&self) -> Bill {
        self.clock.forward(Duration::from_secs(6));
        self.proxy.forget();
        let steps = stream::iter(&self.tables).map(|of| self.worker.step(of));
        let waits: Vec<_> = steps.buffer_unordered(HANDS).try_collect().await.unwrap();
        let bill = Bill::of(&self.proxy.calls());
        assert!(waits.iter().all(|wait| *wait == Duration::from_secs(5)), "all are on: {waits:?}");
        bill
    }

    /// A look for what no one explains.
    pub(crate) async fn sweep(&self) -> Bill {
        self.proxy.forget();
        self.worker.sweep().await.unwrap();
        Bill::of(&self.proxy.calls())
    }

    /// What a person sees first: every table, and every license.
    pub(crate) async fn page(&self) -> Bill {
        self.proxy.forget();
        let who = Principal::operator();
        assert_eq!(self.app.list_all(&who).await.unwrap().records.len(), self.tables.len());
        self.app.licenses(&who).await.unwrap();
        Bill::of(&self.proxy.calls())
    }

    /// One table more, from Start to On, and back to nothing.
    pub(crate) async fn start(&self) -> Bill {
        let who = Principal::operator();
        let new = NewInstance::named(Slug::new("friday").unwrap());
        let table = self.app.create(&who, new).await.unwrap().id;
        self.app.start(&who, &table).await.unwrap();
        self.proxy.forget();
        self.work(&table, |row| matches!(row.map(Instance::phase), Some(Phase::On(_)))).await;
        let bill = Bill::of(&self.proxy.calls());
        self.app.delete(&who, &table, "friday").await.unwrap();
        self.work(&table, |row| row.is_none()).await;
        bill
    }

    async fn work(&self, of: &InstanceId, until: impl Fn(Option<&Instance>) -> bool) {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let wait = self.worker.step(of).await.unwrap();
            if !wait.is_zero() {
                self.clock.forward(wait.min(Duration::from_secs(5)));
                // The emulator's tasks take their time, and no one is to ask about them meanwhile.
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
            if wait.is_zero() {
                continue;
            }
            let row = self.app.get(&Principal::operator(), of).await.ok();
            if until(row.as_ref()) {
                return;
            }
            assert!(tokio::time::Instant::now() < end, "it never comes to that: {row:?}");
        }
    }
}

/// Makes what there is of each table that is on.
async fn settle(bed: &Bed, ids: &[InstanceId]) {
    let (definition, storage) = (&bed.bare_definition("bare").await, &bed.storage());
    let any = &VolumeSpec::default();
    let made = stream::iter(ids).map(async |id| {
        bed.run_bare(definition, &launch(id)).await;
        name_things(bed, id).await;
        ready(|| storage.ensure(id, any)).await
    });
    let volumes: Vec<Volume> = made.buffered(HANDS).collect().await;
    let (runtime, store) = (bed.runtime(), DynamoStore::new(&bed.clients, &bed.outputs.table));
    // So that it knows whose all these tasks are; what it has learnt before it ran out of time, it keeps.
    while runtime.list().await.is_err() {}
    let written = stream::iter(volumes).map(async |volume: Volume| {
        let begun = tokio::time::Instant::now();
        let endpoint = loop {
            match runtime.observe(&launch(&volume.of)).await.unwrap() {
                Observed::Ready(endpoint) => break endpoint,
                other => assert!(begun.elapsed() < PATIENCE, "{other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        Collection::of(&store).insert(&row(volume, endpoint, bed.clock.now())).await.unwrap();
    });
    written.buffer_unordered(HANDS).collect::<Vec<()>>().await;
}

fn launch(of: &InstanceId) -> LaunchId {
    LaunchId { instance: of.clone(), attempt: 1 }
}

/// The user and the secret of `of`, which is all that a sweep looks for of uploads and launches.
async fn name_things(bed: &Bed, of: &InstanceId) {
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let user = bed.clients.iam.create_user().user_name(bed.naming.assets_user(of));
    let user = user.tags(tag("refractory:deployment", DEPLOYMENT));
    user.tags(tag("refractory:instance", of.as_str())).send().await.unwrap();
    let tag = |key: &str, value: &str| {
        aws_sdk_secretsmanager::types::Tag::builder().key(key).value(value).build()
    };
    let secret = bed.clients.secrets.create_secret().name(bed.naming.launch_secret(of));
    let secret = secret.secret_string("{}").tags(tag("refractory:deployment", DEPLOYMENT));
    secret.tags(tag("refractory:instance", of.as_str())).send().await.unwrap();
}

/// The row of a table that is on.
fn row(volume: Volume, endpoint: Endpoint, now: Timestamp) -> Instance {
    let id = volume.of;
    let slug = Slug::new(id.as_str()).unwrap();
    let spec = InstanceSpec { license: LicenseChoice::NotNeeded, ..InstanceSpec::default() };
    let new = NewInstance::named(slug.clone()).with_spec(spec);
    let mut row = Instance::new(id.clone(), new, now);
    row.want(Power::On, Urgency::Gentle, now);
    row.epoch = 1;
    let held = [
        (Step::License, Held::License(None)),
        (Step::Volume, Held::Volume(volume.handle)),
        (Step::Assets, Held::Assets(format!("foundry-{slug}-{id}"))),
        (Step::Runtime, Held::Runtime(endpoint)),
        (Step::World, Held::World(None)),
        (Step::Name, Held::Name(Hostname::under(&slug, &Addressing::default().domain))),
    ];
    for (step, held) in held {
        row.journal.hold(step, held);
    }
    row.started = None;
    row
}

//! What the handle and a worker read does not grow with the deployment.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use refractory_core::model::{Identity, Via};
use refractory_core::ports::{Observed, Volume, VolumeSpec, WorldStorage};
use refractory_core::{Builder, InstanceId, ListQuery, Ports, Refractory, Result, async_trait};
use testkit::counting_store::CountingStore;
use testkit::population::Population;
use testkit::world::World;

const MINUTE: Duration = Duration::from_mins(1);

/// The most records that any of them may read.
const MOST: usize = 300;

/// A volume for each of many instances.
#[derive(Debug)]
struct Volumes(World, Vec<InstanceId>);

#[async_trait]
impl WorldStorage for Volumes {
    async fn ensure(&self, of: &InstanceId, spec: &VolumeSpec) -> Result<Observed<Volume>> {
        WorldStorage::ensure(&self.0, of, spec).await
    }
    async fn observe(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        WorldStorage::observe(&self.0, of).await
    }
    async fn remove(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        WorldStorage::remove(&self.0, of).await
    }
    async fn list(&self) -> Result<Vec<InstanceId>> {
        Ok(self.1.clone())
    }
}

/// What each of them reads where there are so many instances, all of them off.
async fn costs(instances: usize) -> Vec<(&'static str, usize)> {
    let (world, store) = (World::default(), CountingStore::default());
    Population::with_instances(instances).fill(store.inner()).await.unwrap();
    let volumes = (0..instances).map(|number| Population::instance_id(number).unwrap()).collect();
    let ports = Ports {
        store: Arc::new(store.clone()),
        storage: Arc::new(Volumes(world.clone(), volumes)),
        ..world.ports()
    };
    let (app, worker) = Builder::from_ports(ports).clock(world.clock()).build();
    let found = lookup(&app, &Population::discord(3).unwrap()).await;
    assert!(found > 10, "a user sees tables of each group: {found}");
    let looked_up = store.take_reads();
    let measured = async {
        // At its start a worker takes a step for each instance.
        tokio::time::sleep(MINUTE).await;
        store.take_reads();
        tokio::time::sleep(MINUTE).await;
        store.take_reads()
    };
    let minute = tokio::select! {
        () = worker.clone().run_until(pending()) => unreachable!("it runs for ever"),
        read = measured => read,
    };
    store.take_reads();
    worker.sweep().await.unwrap();
    let swept = store.take_reads();
    vec![
        ("a user by linked identity, and the tables they see", looked_up),
        ("a minute of rounds, with what is done on a clock", minute),
        ("a sweep", swept),
    ]
}

/// What a bot does when a user asks for their tables; how many they see on a page.
async fn lookup(app: &Refractory, identity: &Identity) -> usize {
    let who = app.identify(identity, Via::Discord).await.unwrap().unwrap();
    app.list(&who, &ListQuery::first(25)).await.unwrap().records.len()
}

#[tokio::test(start_paused = true)]
async fn the_handle_and_a_worker_read_few_records_however_many_there_are() {
    let (tenth, all) = (costs(1_000).await, costs(10_000).await);
    for ((what, few), (_, many)) in tenth.iter().zip(&all) {
        assert!(*many <= MOST, "{what}: {many} records");
        // How names and rights of the first tables meet differs a little.
        let grown = format!("{what}: {few} records, and {many} where there are ten times more");
        assert!(*many <= few + few / 4, "{grown}");
    }
}

//! Sweeps in which something cannot be listed.
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use refractory_core::model::{EventKind, WorkerMark};
use refractory_core::ports::{
    Observed, OrphanedResource, OrphanedResources, VolumeSpec, WorldStorage,
};
use refractory_core::{Error, ErrorKind, InstanceId, Ports, Result, async_trait};
use testkit::conformance::orphaned_resources::Litter;
use testkit::world::World;

use super::house::{House, said};

const MINUTE: Duration = Duration::from_mins(1);
const LISTED: &str = "orphaned resources of tables";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Works,
    Fails,
    Hangs,
}

/// What finds orphaned resources, when it feels like it.
#[derive(Debug, Clone)]
struct Moody(World, Arc<Mutex<Mood>>);

#[async_trait]
impl OrphanedResources for Moody {
    async fn list(&self) -> Result<Vec<OrphanedResource>> {
        let mood = *self.1.lock().unwrap();
        match mood {
            Mood::Works => OrphanedResources::list(&self.0).await,
            Mood::Fails => Err(Error::new(ErrorKind::Unavailable, "listing orphaned resources")),
            Mood::Hangs => pending().await,
        }
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<()>> {
        OrphanedResources::remove(&self.0, of).await
    }
}

/// A house with a volume and a leftover of no one's.
async fn littered(mood: Mood) -> (House, Arc<Mutex<Mood>>) {
    let (world, mood) = (World::default(), Arc::new(Mutex::new(mood)));
    let nobody = InstanceId::new("nobody").unwrap();
    WorldStorage::ensure(&world, &nobody, &VolumeSpec::default()).await.unwrap();
    world.leave(&nobody).await;
    let ports = Ports {
        orphaned_resources: Arc::new(Moody(world.clone(), Arc::clone(&mood))),
        ..world.ports()
    };
    (House::with_ports(&world, ports), mood)
}

/// What operators were told of: volumes, and orphaned resources.
async fn told(house: &House) -> (bool, bool) {
    let events = house.events(None).await;
    let orphans: Vec<_> =
        events.iter().filter(|event| matches!(event.kind, EventKind::OrphanFound { .. })).collect();
    let any = |text: &str| orphans.iter().any(|event| said(event).contains(text));
    (any("data of a table"), any("thing-"))
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_or_hangs_hides_only_its_own_kind() {
    for mood in [Mood::Fails, Mood::Hangs] {
        let (house, now) = littered(mood).await;
        let worker = house.worker();
        for _ in 0..3 {
            worker.sweep().await.unwrap();
        }
        assert_eq!(told(&house).await, (true, false), "{mood:?}");
        *now.lock().unwrap() = Mood::Works;
        for _ in 0..3 {
            worker.sweep().await.unwrap();
        }
        assert_eq!(told(&house).await, (true, true), "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_listed_is_not_taken_for_empty() {
    let (house, mood) = littered(Mood::Works).await;
    let worker = house.worker();
    for minute in 0..62 {
        *mood.lock().unwrap() = if minute == 40 { Mood::Fails } else { Mood::Works };
        worker.sweep().await.unwrap();
        house.run(&worker, MINUTE).await;
    }
    assert_eq!(house.world.remains(), vec![], "it was there for an hour, seen or not");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_removed_of_what_cannot_be_listed_now() {
    let (house, mood) = littered(Mood::Works).await;
    let worker = house.worker();
    for minute in 0..90 {
        *mood.lock().unwrap() = if minute < 50 { Mood::Works } else { Mood::Fails };
        worker.sweep().await.unwrap();
        house.run(&worker, MINUTE).await;
    }
    assert_eq!(house.world.remains().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_listed_shows_beside_the_sign_of_life_until_it_can() {
    let (house, mood) = littered(Mood::Fails).await;
    let marked = async || {
        let marks: Vec<WorkerMark> = house.app.workers().await.unwrap();
        marks.into_iter().flat_map(|mark| mark.unlisted).collect::<Vec<_>>()
    };
    let seen = async {
        tokio::time::sleep(MINUTE).await;
        assert_eq!(marked().await, [LISTED]);
        *mood.lock().unwrap() = Mood::Works;
        tokio::time::sleep(MINUTE * 3).await;
        assert_eq!(marked().await, Vec::<String>::new());
    };
    house.worker().run_until(seen).await;
}

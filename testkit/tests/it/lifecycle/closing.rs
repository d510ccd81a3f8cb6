//! A process that ends where nothing that runs can outlive it.
use std::time::Duration;

use refractory_core::model::{License, Step};
use refractory_core::ports::{Collection, InstanceRuntime};
use refractory_core::{InstanceId, Worker};
use tokio::time::Instant;

use super::house::{Goal, House};
use testkit::fault::PowerCut;

const GRACE: Duration = Duration::from_secs(8);

/// A deployment of two tables that are up, in a container.
async fn contained() -> (House, [InstanceId; 2]) {
    let house = House::quiet(2).await;
    let tables = [house.table("one").await, house.table("two").await];
    let mut worker = house.worker();
    for table in &tables {
        house.start(table).await;
        assert!(up(&house, &mut worker, table).await);
    }
    house.world.configure(|knobs| knobs.closes_within = Some(GRACE));
    (house, tables)
}

async fn up(house: &House, worker: &mut Worker, table: &InstanceId) -> bool {
    house.reach(worker, &mut PowerCut::default(), table, Goal::OnAfter(0)).await
        && house.is_on(table).await
}

async fn leases(house: &House) -> Vec<String> {
    let store = house.world.ports().store;
    let licenses = Collection::<License>::of(store.as_ref()).list().await.unwrap();
    licenses.into_iter().filter_map(|license| Some(license.lease?.holder.to_string())).collect()
}

#[tokio::test(start_paused = true)]
async fn every_world_is_closed_and_the_next_process_starts_what_people_want() {
    let (house, tables) = contained().await;
    house.world.configure(|knobs| (knobs.close_polls, knobs.stop_polls) = (3, 2));
    let (held, begun) = (leases(&house).await, Instant::now());
    house.worker().run_until(async {}).await;
    assert!(begun.elapsed() < GRACE, "side by side: {:?}", begun.elapsed());
    assert!(InstanceRuntime::list(&house.world).await.unwrap().is_empty());
    for table in &tables {
        let row = house.get(table).await.unwrap();
        assert!(row.is_desired_on() && row.fault.is_none(), "{row:?}");
        let left: Vec<_> = row.journal.iter().map(|(step, _)| *step).collect();
        assert_eq!(left, [Step::License, Step::Volume, Step::Assets], "it goes on from there");
    }
    assert_eq!(leases(&house).await, held, "nobody else gets its key meanwhile");
    assert_eq!(
        house.world.violations(),
        Vec::<String>::new(),
        "no world was open when its program ended"
    );
    let mut next = house.worker();
    for table in &tables {
        assert!(up(&house, &mut next, table).await);
    }
    assert!(house.get(&tables[0]).await.unwrap().losses.is_empty(), "it was not lost");
}

#[tokio::test(start_paused = true)]
async fn a_world_that_does_not_close_keeps_no_other_open_and_no_process_for_longer_than_the_grace()
{
    let (house, tables) = contained().await;
    house.world.configure(|knobs| knobs.never_closes = true);
    let begun = Instant::now();
    house.worker().run_until(async {}).await;
    let took = begun.elapsed();
    assert!(took >= GRACE / 2 && took < GRACE * 2, "{took:?}");
    assert_eq!(
        InstanceRuntime::list(&house.world).await.unwrap().len(),
        2,
        "none is ended with its world open"
    );
    assert_eq!(house.world.violations(), Vec::<String>::new());
    house.world.configure(|knobs| knobs.never_closes = false);
    let mut next = house.worker();
    for table in &tables {
        assert!(up(&house, &mut next, table).await);
    }
}

#[tokio::test(start_paused = true)]
async fn where_programs_live_on_nothing_is_closed() {
    let (house, tables) = contained().await;
    house.world.configure(|knobs| knobs.closes_within = None);
    house.worker().run_until(async {}).await;
    for table in &tables {
        assert!(house.is_on(table).await);
    }
}

//! Changes of what a table is like: what they do not name stays, and a release moves only when it is named.
use std::time::Duration;

use refractory_core::model::{
    Change, Edit, InstanceSpec, License, Limits, LimitsChange, NewInstance, Phase, Release,
    ReleaseChoice, Slug, SpecChange, Step, Version, WorldId,
};
use refractory_core::ports::Collection;
use refractory_core::{ErrorKind, InstanceId, ReleaseId};
use testkit::conformance::sample;
use testkit::fault::PowerCut;

use super::house::{Goal, House, op};

async fn store_release(house: &House, name: &str, build: u32) -> ReleaseId {
    let release = Release { version: Version::new(13, build), ..sample::release(name) };
    Collection::of(&house.world).insert(&release).await.unwrap().id
}

async fn spec(house: &House, id: &InstanceId) -> InstanceSpec {
    house.get(id).await.unwrap().desired.spec
}

fn of(spec: SpecChange) -> Change {
    Change { spec, ..Change::default() }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_world_moves_neither_the_release_nor_anything_else() {
    let house = House::quiet(1).await;
    let old = store_release(&house, "old", 300).await;
    let full = InstanceSpec {
        title: "Friday".to_owned(),
        limits: Limits { memory: Some(1 << 31), cpu_millis: Some(1500), disk: Some(1 << 34) },
        language: Some("de.deutsch".to_owned()),
        ..InstanceSpec::default()
    };
    let new = NewInstance::named(Slug::new("friday").unwrap()).with_spec(full.clone());
    let id = house.app.create(&op(), new).await.unwrap().id;
    let newer = store_release(&house, "newer", 351).await;
    let world = WorldId::new("abc").unwrap();
    let change = SpecChange { world: Edit::Set(world.clone()), ..SpecChange::default() };
    house.app.change(&op(), &id, of(change)).await.unwrap();
    let expected =
        InstanceSpec { world: Some(world), release: ReleaseChoice::Exact(old.clone()), ..full };
    assert_eq!(spec(&house, &id).await, expected);
    // Not even when the release is no longer stored.
    let gone: Release = Collection::of(&house.world).load(old.as_str()).await.unwrap().unwrap();
    Collection::of(&house.world).delete(&gone).await.unwrap();
    let limits = LimitsChange { memory: Edit::Clear, ..LimitsChange::default() };
    let change = SpecChange { limits: Edit::Set(limits), ..SpecChange::default() };
    house.app.change(&op(), &id, of(change)).await.unwrap();
    let limits = Limits { memory: None, ..expected.limits.clone() };
    assert_eq!(spec(&house, &id).await, InstanceSpec { limits, ..expected });
    let change = SpecChange { release: Edit::Set(ReleaseChoice::Newest), ..SpecChange::default() };
    house.app.change(&op(), &id, of(change)).await.unwrap();
    assert_eq!(spec(&house, &id).await.release, ReleaseChoice::Exact(newer));
}

#[tokio::test(start_paused = true)]
async fn a_table_made_before_any_release_stays_on_the_one_of_its_first_start() {
    let house = House::quiet(1).await;
    let id = house.table("friday").await;
    let first = store_release(&house, "first", 300).await;
    let mut worker = house.worker();
    for epoch in 0..2 {
        house.start(&id).await;
        let cut = &mut PowerCut::default();
        assert!(house.reach(&mut worker, cut, &id, Goal::OnAfter(epoch)).await);
        let row = house.get(&id).await.unwrap();
        assert!(matches!(row.phase(), Phase::On(_)), "{:?}", row.fault);
        assert_eq!(row.release, Some(first.clone()), "launch {}", epoch + 1);
        house.stop(&id).await;
        assert!(house.reach(&mut worker, cut, &id, Goal::Off).await);
        if epoch == 0 {
            store_release(&house, "second", 351).await;
        }
    }
    house.run(&worker, Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_change_that_changes_nothing_is_no_news() {
    let house = House::quiet(1).await;
    let id = house.table("friday").await;
    let before = house.get(&id).await.unwrap();
    let told = house.events(Some(&id)).await.len();
    house.app.change(&op(), &id, Change::default()).await.unwrap();
    let same =
        SpecChange { world: Edit::Set(WorldId::new("strahd").unwrap()), ..SpecChange::default() };
    house.app.change(&op(), &id, of(same)).await.unwrap();
    assert_eq!(house.get(&id).await.unwrap(), before);
    assert_eq!(house.events(Some(&id)).await.len(), told);
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_of_an_earlier_agreement_starts_nothing() {
    let house = House::quiet(1).await;
    let all: Vec<License> = Collection::of(&house.world).list().await.unwrap();
    for mut license in all {
        license.eula.as_mut().unwrap().version = "2019-01-01".to_owned();
        assert_eq!(license.acceptance(), None);
        Collection::of(&house.world).save(&license).await.unwrap();
    }
    let id = house.table("friday").await;
    house.start(&id).await;
    let mut worker = house.worker();
    let cut = &mut PowerCut::default();
    assert!(house.reach(&mut worker, cut, &id, Goal::OnAfter(0)).await);
    let row = house.get(&id).await.unwrap();
    let fault = row.live_fault().unwrap();
    assert_eq!((row.phase(), fault.kind), (Phase::Off, ErrorKind::Forbidden), "{fault:?}");
    assert!(fault.message.contains("accepted"), "{}", fault.message);
    for view in house.app.licenses(&op()).await.unwrap() {
        assert_eq!(view.license.acceptance(), None);
        house.app.accept_eula(&op(), &view.license.id).await.unwrap();
    }
    house.start(&id).await;
    assert!(house.reach(&mut worker, cut, &id, Goal::OnAfter(0)).await);
    assert!(house.is_on(&id).await);
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_another_launch_on_the_same_license() {
    let house = House::quiet(1).await;
    let id = house.table("friday").await;
    let mut worker = house.worker();
    let cut = &mut PowerCut::default();
    let early = house.app.restart(&op(), &id).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Conflict, "there is nothing to restart");
    house.start(&id).await;
    assert!(house.reach(&mut worker, cut, &id, Goal::OnAfter(0)).await);
    let before = house.get(&id).await.unwrap();
    for _ in 0..2 {
        let asked = house.app.restart(&op(), &id).await.unwrap();
        assert_eq!(asked.phase(), Phase::Starting(Step::Runtime), "nobody new may join");
    }
    assert!(house.reach(&mut worker, cut, &id, Goal::OnAfter(1)).await);
    let after = house.get(&id).await.unwrap();
    assert_eq!(after.epoch, before.epoch + 1, "once, however often it was asked for");
    for step in [Step::License, Step::Volume] {
        assert_eq!(after.journal.held(step), before.journal.held(step), "{step:?}");
    }
    assert!(after.fault.is_none() && after.losses.is_empty(), "{:?}", after.fault);
    house.run(&worker, Duration::from_mins(5)).await;
    assert_eq!(house.get(&id).await.unwrap().epoch, after.epoch, "it stays");
    house.app.restart(&op(), &id).await.unwrap();
    house.stop(&id).await;
    assert!(house.reach(&mut worker, cut, &id, Goal::Off).await);
    house.delete(&id).await;
    assert!(house.reach(&mut worker, cut, &id, Goal::Gone).await);
    house.assert_tidy("stopped in the middle of a restart");
}

//! Records that cannot be read: everything else goes on, nothing of theirs is removed, and no key is free because of them.
use std::time::Duration;

use refractory_core::Remedy;
use refractory_core::model::{Instance, License, Phase, ReleaseChoice, Role, UserName, Via};
use refractory_core::ports::{Collection, Cursor, InstanceRuntime, Kind, WorldStorage};
use refractory_core::words::{English, Words as _};
use refractory_core::{Code, ErrorKind, InstanceId, ReleaseId};
use testkit::fault::PowerCut;

use super::house::{Goal, House, op, said};

const HOURS: Duration = Duration::from_hours(5);

async fn up(house: &House, table: &InstanceId) {
    house.start(table).await;
    let mut worker = house.worker();
    assert!(house.reach(&mut worker, &mut PowerCut::default(), table, Goal::OnAfter(0)).await);
    assert!(house.is_on(table).await);
}

async fn licenses(house: &House) -> Vec<License> {
    let store = house.world.ports().store;
    Collection::<License>::of(store.as_ref()).list().await.unwrap()
}

/// Works and sweeps for long enough that whatever no one explains would be gone.
async fn work_for_hours(house: &House) {
    let worker = house.worker();
    // As often as a worker does: a longer time without sweeps is not counted.
    for _ in 0..150 {
        worker.sweep().await.unwrap();
        house.run(&worker, HOURS / 150).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_running_table_whose_record_is_damaged_runs_on_and_keeps_its_key() {
    let house = House::quiet(1).await;
    let (broken, other) = (house.table("broken").await, house.table("other").await);
    up(&house, &broken).await;
    assert!(house.world.damage(Kind::Instance, broken.as_str()));
    house.start(&other).await;
    work_for_hours(&house).await;
    let launches = InstanceRuntime::list(&house.world).await.unwrap();
    assert_eq!(launches.iter().map(|key| &key.instance).collect::<Vec<_>>(), [&broken]);
    assert_eq!(licenses(&house).await[0].lease.as_ref().unwrap().holder, broken);
    assert!(!house.is_on(&other).await, "there is one key");
    let row = house.get(&other).await.unwrap();
    let told = English.progress(row.progress().unwrap());
    assert!(told.contains("record is damaged"), "{told}");
    assert!(house.events(None).await.iter().all(|event| !said(event).contains("nobody explains")));
    // Shown, and refused with what to do.
    let shown = house.app.list_all(&op()).await.unwrap();
    assert_eq!(shown.damaged[0].name(), "broken");
    assert_eq!(house.app.find(&op(), "broken").await.unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(shown.records.len(), 1);
    // Once somebody has removed the record, its program is an orphan: closed, its key returned, its data left.
    house.app.remove_damaged(&op(), Kind::Instance, broken.as_str()).await.unwrap();
    work_for_hours(&house).await;
    assert!(house.is_on(&other).await, "the key was returned");
    assert!(
        WorldStorage::list(&house.world).await.unwrap().contains(&broken),
        "data is never removed"
    );
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_license_whose_record_is_damaged_is_nobody_else_s() {
    let house = House::quiet(1).await;
    let (holder, other) = (house.table("holder").await, house.table("other").await);
    up(&house, &holder).await;
    let license = licenses(&house).await.remove(0);
    assert!(house.world.damage(Kind::License, license.id.as_str()));
    let refused = house.app.remove_damaged(&op(), Kind::License, license.id.as_str()).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict, "a table runs on it");
    house.start(&other).await;
    work_for_hours(&house).await;
    assert!(house.is_on(&holder).await, "what runs goes on");
    assert!(!house.is_on(&other).await);
    house.stop(&holder).await;
    let mut worker = house.worker();
    assert!(house.reach(&mut worker, &mut PowerCut::default(), &holder, Goal::Off).await);
    house.start(&holder).await;
    house.run(&worker, Duration::from_mins(2)).await;
    let row = house.get(&holder).await.unwrap();
    assert_eq!(row.phase(), Phase::Off, "{row:?}");
    let helps = row.fault.unwrap().cause.unwrap().remedy;
    assert_eq!(helps, Some(Remedy::ListDamagedRecords), "it says what to do");
    house.app.remove_damaged(&op(), Kind::License, license.id.as_str()).await.unwrap();
    house.world.add_license("another").await.unwrap();
    up(&house, &holder).await;
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_damaged_account_is_an_account_still_and_a_damaged_link_gives_way() {
    let house = House::quiet(1).await;
    let ann =
        house.app.add_user(&op(), UserName::new("ann").unwrap(), Role::Admin, None).await.unwrap();
    let link = house.app.sign_in_link(&op(), &ann.id).await.unwrap();
    assert!(house.world.damage(Kind::User, ann.id.as_str()));
    assert!(!house.app.needs_setup().await.unwrap(), "no first account is offered");
    assert_eq!(
        house.app.take_sign_in_link(link.secret.expose(), Via::Web, None).await.unwrap(),
        None
    );
    assert!(house.app.users_all(&op()).await.unwrap().is_empty());
    let table = house.table("friday").await;
    up(&house, &table).await;
    house.app.remove_damaged(&op(), Kind::User, ann.id.as_str()).await.unwrap();
    let first = house.app.setup_link(&op()).await.unwrap();
    assert!(house.world.damage(Kind::Token, first.token.id.as_str()));
    assert!(!house.app.setup_link_is_good(first.secret.expose()).await.unwrap());
    let second = house.app.setup_link(&op()).await.unwrap();
    assert!(house.app.setup_link_is_good(second.secret.expose()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn damage_of_any_kind_keeps_no_table_from_its_whole_life() {
    let house = House::quiet(1).await;
    let table = house.table("friday").await;
    up(&house, &table).await;
    let store = house.world.ports().store;
    let sample = testkit::conformance::sample::sparse;
    for kind in Kind::ALL {
        store.insert(&sample(kind)).await.unwrap();
        assert!(house.world.damage(kind, "sparse"), "{}", kind.name());
    }
    work_for_hours(&house).await;
    let mut worker = house.worker();
    house.stop(&table).await;
    assert!(house.reach(&mut worker, &mut PowerCut::default(), &table, Goal::Off).await);
    up(&house, &table).await;
    house.delete(&table).await;
    assert!(house.reach(&mut worker, &mut PowerCut::default(), &table, Goal::Gone).await);
    let all = house.app.damaged_all(&op()).await.unwrap();
    assert_eq!(all.len(), Kind::ALL.len());
    assert!(all.is_sorted_by_key(|record| (record.kind.name(), &record.id)));
    for limit in [1, 2, 7, 200] {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = house.app.damaged(&op(), after.as_ref(), limit).await.unwrap();
            assert!(page.records.len() <= limit);
            read.extend(page.records);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(read, all, "pages of {limit}");
    }
    let nowhere = Cursor::new("no-kind", "sparse");
    let error = house.app.damaged(&op(), Some(&nowhere), 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    assert!(house.app.watch().poll().await.unwrap().damaged.len() == 1);
}

#[tokio::test(start_paused = true)]
async fn a_release_that_a_table_has_chosen_is_kept_also_where_its_record_is_damaged() {
    let house = House::quiet(1).await;
    let store = house.world.ports().store;
    // Created before there is a release, so that they are pinned to none.
    let (table, _other) = (house.table("friday").await, house.table("sunday").await);
    store.insert(&testkit::conformance::sample::full(Kind::Release)).await.unwrap();
    let release = ReleaseId::new("full").unwrap();
    let choose = |row: &mut Instance| {
        row.desired.spec.release = ReleaseChoice::Exact(release.clone());
        Ok(true)
    };
    Collection::<Instance>::of(store.as_ref()).update(table.as_str(), choose).await.unwrap();
    let refused = house.app.remove_release(&op(), &release).await.unwrap_err();
    assert_eq!(refused.code(), &Code::RELEASE_IN_USE, "{refused:?}");
    assert!(house.world.damage(Kind::Instance, table.as_str()));
    let refused = house.app.remove_release(&op(), &release).await.unwrap_err();
    assert_eq!(refused.remedy(), Some(Remedy::ListDamagedRecords), "{refused:?}");
    house.app.remove_damaged(&op(), Kind::Instance, table.as_str()).await.unwrap();
    house.app.remove_release(&op(), &release).await.unwrap();
    assert!(house.app.releases(&op()).await.unwrap().is_empty());
}

//! Operations on tables: backups made, verified, restored and deleted, and what they hold meanwhile.
use std::time::Duration;

use refractory_core::model::{
    Backup, Change, Edit, HoldReason, Operation, OperationName, OperationOutcome, OperationState,
    Phase, Power, Role,
};
use refractory_core::ports::{Collection, Kind, SnapshotName, Store};
use refractory_core::words::{English, Words as _};
use refractory_core::{Code, ErrorKind, InstanceId, OperationId};
use testkit::conformance::Contents as _;
use testkit::conformance::snapshots::Tamper as _;
use testkit::people::fresh_user;

use super::house::{Goal, House, op, said};

const MINUTE: Duration = Duration::from_mins(1);

/// A house with a table that is on; a copy takes some time in it.
async fn open() -> (House, InstanceId) {
    let house = House::quiet(1).await;
    house.world.configure(|knobs| knobs.copy_polls = 3);
    let id = house.table("friday").await;
    house.start(&id).await;
    assert!(house.reaches(&id, Goal::OnAfter(0)).await);
    (house, id)
}

/// The same with a table that is off, with data.
async fn closed() -> (House, InstanceId) {
    let (house, id) = open().await;
    house.stop(&id).await;
    house.run(&house.worker(), MINUTE * 3).await;
    assert!(house.is_off(&id).await);
    house.world.write(&id, "a world");
    (house, id)
}

/// Works until `asked` has ended.
async fn ended(house: &House, asked: &Operation) -> Operation {
    let worker = house.worker();
    for _ in 0..600 {
        let operation = house.app.operation(&op(), &asked.id).await.unwrap();
        if !operation.is_active() {
            return operation;
        }
        house.run(&worker, Duration::from_secs(1)).await;
    }
    unreachable!("it never ended: {:?}", house.app.operation(&op(), &asked.id).await)
}

async fn backups(house: &House, of: &InstanceId) -> Vec<Backup> {
    house.app.backups(&op(), of, None, 50).await.unwrap().records
}

/// A backup of `of`, made.
async fn backed_up(house: &House, of: &InstanceId) -> Backup {
    let asked = house.app.create_backup(&op(), of, true).await.unwrap();
    let ended = ended(house, &asked).await;
    assert_eq!(ended.state(), OperationState::Succeeded, "{ended:?}");
    backups(house, of).await.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_backup_of_an_open_world_stops_it_and_it_starts_again_by_itself() {
    let (house, id) = open().await;
    let epoch = house.get(&id).await.unwrap().epoch;
    let error = house.app.create_backup(&op(), &id, false).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Conflict, false));
    assert!(error.for_people().contains("is on"), "{}", error.for_people());
    let asked = house.app.create_backup(&op(), &id, true).await.unwrap();
    let held = house.get(&id).await.unwrap();
    assert_eq!(held.hold.as_ref().unwrap().reason, HoldReason::Backup, "at once");
    assert!(!matches!(held.phase(), Phase::On(_)));
    let ended = ended(&house, &asked).await;
    assert_eq!(ended.state(), OperationState::Succeeded);
    let backup = backups(&house, &id).await.remove(0);
    assert_eq!((backup.slug.as_str(), backup.of.clone()), ("friday", id.clone()));
    assert!(house.reaches(&id, Goal::OnAfter(epoch)).await);
    let row = house.get(&id).await.unwrap();
    assert_eq!((row.hold, row.epoch), (None, epoch + 1));
    assert_eq!(house.world.violations(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_restore_brings_data_back_and_a_start_waits_for_it() {
    let (house, id) = closed().await;
    let backup = backed_up(&house, &id).await;
    house.world.write(&id, "spoiled");
    let wrong = house.app.restore_backup(&op(), &backup.id, &id, "monday").await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Invalid);
    let asked = house.app.restore_backup(&op(), &backup.id, &id, "friday").await.unwrap();
    house.start(&id).await;
    let row = house.get(&id).await.unwrap();
    let progress = English.progress(row.progress().unwrap());
    assert!(progress.contains("is being restored"), "{progress}");
    assert_eq!(row.hold.unwrap().reason, HoldReason::Restore);
    let ended = ended(&house, &asked).await;
    assert_eq!(ended.state(), OperationState::Succeeded, "{ended:?}");
    assert_eq!(house.world.read(&id).as_deref(), Some("a world"));
    assert!(house.reaches(&id, Goal::OnAfter(1)).await);
    assert_eq!(house.world.violations(), Vec::<String>::new());
    let error = house.app.restore_backup(&op(), &backup.id, &id, "friday").await.unwrap_err();
    assert!(error.for_people().contains("is on"), "{}", error.for_people());
}

#[tokio::test(start_paused = true)]
async fn a_backup_is_restored_into_another_table_that_was_never_on() {
    let (house, id) = closed().await;
    let backup = backed_up(&house, &id).await;
    house.delete(&id).await;
    house.run(&house.worker(), MINUTE * 3).await;
    assert_eq!(house.get(&id).await, None);
    let orphaned = house.app.orphaned_backups(&op(), None, 10).await.unwrap().records;
    assert_eq!(orphaned.iter().map(|it| &it.id).collect::<Vec<_>>(), [&backup.id]);
    let other = house.table("monday").await;
    let asked = house.app.restore_backup(&op(), &backup.id, &other, "monday").await.unwrap();
    let ended = ended(&house, &asked).await;
    assert_eq!(ended.state(), OperationState::Succeeded, "{ended:?}");
    assert_eq!(house.world.read(&other).as_deref(), Some("a world"));
    house.delete(&other).await;
    house.run(&house.worker(), MINUTE * 3).await;
    let asked = house.app.delete_backup(&op(), &backup.id).await.unwrap();
    assert_eq!(ended_state(&house, &asked).await, OperationState::Succeeded);
    house.assert_tidy("two tables came and went");
}

async fn ended_state(house: &House, asked: &Operation) -> OperationState {
    ended(house, asked).await.state()
}

#[tokio::test(start_paused = true)]
async fn verifying_says_whether_a_backup_is_whole() {
    let (house, id) = closed().await;
    let backup = backed_up(&house, &id).await;
    let asked = house.app.verify_backup(&op(), &backup.id).await.unwrap();
    assert_eq!(ended_state(&house, &asked).await, OperationState::Succeeded);
    let check = house.app.backup(&op(), &backup.id).await.unwrap().check.unwrap();
    assert_eq!(check.damage, None);
    let name = SnapshotName { of: id.clone(), at: backup.at };
    house.world.tamper(&name).await;
    let asked = house.app.verify_backup(&op(), &backup.id).await.unwrap();
    let failed = ended(&house, &asked).await;
    assert_eq!(failed.failure().unwrap().message, "The backup is damaged.");
    let events = house.events(Some(&id)).await;
    let of_failure = events.iter().map(said).find(|text| text.contains("failed")).unwrap();
    assert!(of_failure.contains("Verifying the backup") && of_failure.contains("damaged"));
    assert!(house.app.backup(&op(), &backup.id).await.unwrap().is_damaged());
    let asked = house.app.restore_backup(&op(), &backup.id, &id, "friday").await.unwrap();
    assert_eq!(ended_state(&house, &asked).await, OperationState::Failed);
    assert_eq!(house.get(&id).await.unwrap().hold, None, "a failure holds nothing");
    assert_eq!(house.world.read(&id).as_deref(), Some("a world"));
}

#[tokio::test(start_paused = true)]
async fn one_operation_on_the_backups_of_a_table_at_a_time_and_it_says_which() {
    let (house, id) = closed().await;
    let asked = house.app.create_backup(&op(), &id, false).await.unwrap();
    let error = house.app.create_backup(&op(), &id, false).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Conflict, false));
    assert!(error.for_people().contains("a backup is being created"), "{}", error.for_people());
    let active = house.app.active_operations(&op(), &id).await.unwrap();
    assert_eq!(active.iter().map(|it| &it.id).collect::<Vec<_>>(), [&asked.id]);
    assert_eq!(ended_state(&house, &asked).await, OperationState::Succeeded);
    let second = backed_up(&house, &id).await;
    let all = backups(&house, &id).await;
    assert_eq!((all.len(), &all[0].id), (2, &second.id), "newest first");
    assert!(all[0].at > all[1].at);
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_is_being_restored_into_another_table_is_not_deleted_meanwhile() {
    let (house, id) = closed().await;
    let backup = backed_up(&house, &id).await;
    let (worker, other) = (house.worker(), house.table("monday").await);
    house.world.configure(|knobs| knobs.copy_polls = 40);
    let restore = house.app.restore_backup(&op(), &backup.id, &other, "monday").await.unwrap();
    for seconds in [0, 5] {
        house.run(&worker, Duration::from_secs(seconds)).await;
        let error = house.app.delete_backup(&op(), &backup.id).await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Conflict, false));
        assert_eq!((error.code(), error.fact("table")), (&Code::BACKUP_IN_USE, Some("monday")));
        assert_eq!(error.fact("operation"), Some(restore.id.as_str()));
        assert!(error.for_people().contains("is being restored to monday"), "{error:?}");
    }
    // Who manages the table of the backup, and may not see the other one, is not given its name.
    let owner = fresh_user(&house.app, "gina", Role::GameMaster).await;
    let given = Change { owner: Edit::Set(owner.user().cloned().unwrap()), ..Change::default() };
    house.app.change(&op(), &id, given).await.unwrap();
    let error = house.app.delete_backup(&owner, &backup.id).await.unwrap_err();
    assert_eq!((error.fact("table"), error.fact("operation")), (None, None));
    assert!(error.for_people().contains("restored to another table"), "{error:?}");
    // Its table is deleted and its time is over meanwhile: retention waits, too.
    house.delete(&id).await;
    house.run(&worker, Duration::from_secs(2)).await;
    tokio::time::sleep(Duration::from_hours(24 * 91)).await;
    worker.sweep().await.unwrap();
    let ended = ended(&house, &restore).await;
    assert_eq!(ended.state(), OperationState::Succeeded, "{ended:?}");
    assert_eq!(house.world.read(&other).as_deref(), Some("a world"));
    house.run(&worker, MINUTE).await;
    worker.sweep().await.unwrap();
    house.run(&worker, MINUTE).await;
    assert_eq!(backups(&house, &id).await, Vec::new(), "its time is over, and nothing uses it");
}

#[tokio::test(start_paused = true)]
async fn a_canceled_backup_leaves_nothing_and_a_begun_restore_goes_all_the_way() {
    let (house, id) = closed().await;
    house.world.configure(|knobs| knobs.copy_polls = 40);
    let asked = house.app.create_backup(&op(), &id, false).await.unwrap();
    let worker = house.worker();
    house.run(&worker, Duration::from_secs(3)).await;
    let running = house.app.operation(&op(), &asked.id).await.unwrap();
    assert_eq!(running.state(), OperationState::Running);
    assert_eq!(running.progress().unwrap().message, "its data is copied");
    let canceled = house.app.cancel_operation(&op(), &asked.id).await.unwrap();
    assert_eq!(canceled.state(), OperationState::Ending);
    house.app.cancel_operation(&op(), &asked.id).await.unwrap();
    let ended_now = ended(&house, &asked).await;
    assert_eq!(ended_now.end.unwrap().outcome, OperationOutcome::Canceled);
    assert_eq!(house.world.snapshots_of(&id), Vec::new());
    assert_eq!(house.get(&id).await.unwrap().hold, None);
    let error = house.app.cancel_operation(&op(), &asked.id).await.unwrap_err();
    assert!(error.for_people().contains("has ended already"), "{}", error.for_people());
    house.world.configure(|knobs| knobs.copy_polls = 4);
    let backup = backed_up(&house, &id).await;
    house.world.configure(|knobs| knobs.copy_polls = 40);
    let asked = house.app.restore_backup(&op(), &backup.id, &id, "friday").await.unwrap();
    house.run(&house.worker(), MINUTE * 2).await;
    let error = house.app.cancel_operation(&op(), &asked.id).await;
    assert!(error.is_err(), "{error:?}");
    assert_eq!(ended_state(&house, &asked).await, OperationState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn deleting_a_table_ends_its_operations_and_keeps_its_backups_for_a_time() {
    let (house, id) = closed().await;
    let backup = backed_up(&house, &id).await;
    house.world.configure(|knobs| knobs.copy_polls = 1_000);
    let asked = house.app.create_backup(&op(), &id, false).await.unwrap();
    house.run(&house.worker(), MINUTE * 2).await;
    house.delete(&id).await;
    assert_eq!(house.get(&id).await.unwrap().desired.power, Power::Gone);
    let ended = ended(&house, &asked).await;
    assert_eq!(ended.end.unwrap().outcome, OperationOutcome::Superseded);
    house.run(&house.worker(), MINUTE * 3).await;
    assert_eq!(house.get(&id).await, None);
    assert_eq!(house.world.snapshots_of(&id), [backup.at]);
    assert!(house.app.backup(&op(), &backup.id).await.unwrap().orphaned.is_some());
    let gm = fresh_user(&house.app, "gina", Role::GameMaster).await;
    let error = house.app.backup(&gm, &backup.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "they are for administrators");
    let worker = house.worker();
    worker.sweep().await.unwrap();
    house.run(&worker, MINUTE).await;
    assert_eq!(backups(&house, &id).await.len(), 1, "it is kept for a time");
    tokio::time::sleep(Duration::from_hours(24 * 91)).await;
    worker.sweep().await.unwrap();
    house.run(&worker, MINUTE * 3).await;
    assert_eq!(backups(&house, &id).await, Vec::new());
    house.assert_tidy("the time of the backup was over");
    tokio::time::sleep(Duration::from_hours(24 * 181)).await;
    worker.sweep().await.unwrap();
    let left = house.app.operations(&op(), None, None, 50).await.unwrap();
    assert_eq!(left.records, Vec::new(), "history ends, too");
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_cannot_be_deleted_is_tried_again_after_its_time_and_not_with_every_look() {
    let (house, id) = closed().await;
    let backup = backed_up(&house, &id).await;
    house.delete(&id).await;
    house.run(&house.worker(), MINUTE * 3).await;
    house.world.configure(|knobs| knobs.keeps_snapshots = true);
    tokio::time::sleep(Duration::from_hours(24 * 91)).await;
    let worker = house.worker();
    for _ in 0..3 {
        worker.sweep().await.unwrap();
        house.run(&worker, MINUTE * 3).await;
    }
    let tried = house.app.operations(&op(), None, None, 50).await.unwrap().records;
    let deletions = tried.iter().filter(|it| it.kind.name() == OperationName::DeleteBackup);
    let states: Vec<_> = deletions.map(Operation::state).collect();
    assert_eq!(states, [OperationState::Failed], "asked for once");
    assert!(house.app.backup(&op(), &backup.id).await.unwrap().deletion_failed.is_some());
    // A user may ask for it at any time, and the deployment does after as long again.
    house.world.configure(|knobs| knobs.keeps_snapshots = false);
    tokio::time::sleep(Duration::from_hours(24 * 91)).await;
    worker.sweep().await.unwrap();
    house.run(&worker, MINUTE * 3).await;
    assert_eq!(backups(&house, &id).await, Vec::new());
}

#[tokio::test(start_paused = true)]
async fn a_hold_ends_with_its_operation_whatever_becomes_of_that() {
    let (house, id) = closed().await;
    house.world.configure(|knobs| knobs.copy_polls = 1_000);
    let asked = house.app.create_backup(&op(), &id, false).await.unwrap();
    let store: &dyn Store = &house.world;
    let rows = Collection::<Operation>::of(store);
    rows.delete(&asked).await.unwrap();
    house.start(&id).await;
    assert!(house.reaches(&id, Goal::OnAfter(1)).await);
    assert_eq!(house.get(&id).await.unwrap().hold, None);
}

#[tokio::test(start_paused = true)]
async fn a_hold_of_an_operation_that_cannot_be_read_stays_until_it_is_removed() {
    let (house, id) = closed().await;
    let asked = house.app.create_backup(&op(), &id, false).await.unwrap();
    assert!(house.world.damage(Kind::Operation, asked.id.as_str()));
    house.start(&id).await;
    house.run(&house.worker(), MINUTE * 3).await;
    let row = house.get(&id).await.unwrap();
    assert!(row.hold.is_some() && row.is_at_rest(), "it may be at work elsewhere");
    house.app.remove_damaged(&op(), Kind::Operation, asked.id.as_str()).await.unwrap();
    assert!(house.reaches(&id, Goal::OnAfter(1)).await);
}

#[tokio::test(start_paused = true)]
async fn only_who_manages_a_table_manages_its_backups() {
    let (house, id) = closed().await;
    let backup = backed_up(&house, &id).await;
    let all = house.app.operations(&op(), Some(&id), None, 1).await.unwrap();
    let asked = all.records[0].id.clone();
    for (name, role) in [("paul", Role::Player), ("gina", Role::GameMaster)] {
        let who = fresh_user(&house.app, name, role).await;
        let refused = [
            house.app.create_backup(&who, &id, false).await.err(),
            house.app.backups(&who, &id, None, 10).await.err(),
            house.app.backup(&who, &backup.id).await.err(),
            house.app.verify_backup(&who, &backup.id).await.err(),
            house.app.restore_backup(&who, &backup.id, &id, "friday").await.err(),
            house.app.delete_backup(&who, &backup.id).await.err(),
            house.app.orphaned_backups(&who, None, 10).await.err(),
            house.app.operation(&who, &asked).await.err(),
            house.app.cancel_operation(&who, &asked).await.err(),
            house.app.operations(&who, Some(&id), None, 10).await.err(),
            house.app.operations(&who, None, None, 10).await.err(),
        ];
        for (index, error) in refused.into_iter().enumerate() {
            let kind = error.unwrap().kind();
            let refused = matches!(kind, ErrorKind::Forbidden | ErrorKind::NotFound);
            assert!(refused, "{role:?} {index}: {kind:?}");
        }
    }
    let unknown = OperationId::new("nothing").unwrap();
    assert_eq!(house.app.operation(&op(), &unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_table_without_data_has_nothing_to_back_up() {
    let house = House::quiet(1).await;
    let id = house.table("friday").await;
    let error = house.app.create_backup(&op(), &id, false).await.unwrap_err();
    assert!(error.for_people().contains("no data yet"), "{}", error.for_people());
}

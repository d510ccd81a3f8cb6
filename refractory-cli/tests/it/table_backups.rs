//! Backups of tables at the prompt, with a real service and real data.
use std::fs;
use std::time::Duration;

use crate::house::{House, soon};

/// The id of the only backup of `demo`.
fn only_backup(house: &House) -> String {
    let all = house.run("backup list demo --json").ok().json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all[0]["id"].as_str().unwrap().to_owned()
}

fn folder(house: &House) -> std::path::PathBuf {
    let id = house.table("demo")["id"].as_str().unwrap().to_owned();
    house.data().join("data").join(id)
}

#[test]
fn a_backup_is_made_verified_restored_and_deleted() {
    let house = House::new();
    let _up = house.up("--demo");
    assert!(house.run("backup list demo").ok().out.contains("No backups"));
    house.run("instance start demo --wait").ok();
    house.run("backup create demo").failed(4, "This table is on");
    let made = house.run("backup create demo --stop --wait --json").ok().json();
    assert_eq!((&made["kind"], &made["state"]), (&"create-backup".into(), &"succeeded".into()));
    soon(Duration::from_secs(30), || (house.table("demo")["phase"] == "on").then_some(()));
    house.run("instance stop demo --now --wait").ok();

    let kept = folder(&house).join("kept");
    let id = only_backup(&house);
    fs::write(&kept, "later").unwrap();
    let said = house.run(&format!("backup verify {id} --wait")).ok();
    assert!(said.out.contains("is intact"), "{said:?}");
    assert_eq!(house.run(&format!("backup show {id} --json")).ok().json()["intact"], true);
    house.run(&format!("backup restore {id}")).failed(2, "--confirm demo");
    house.run(&format!("backup restore {id} --confirm friday")).failed(2, "type its name");
    house.run(&format!("backup restore {id} --confirm demo --wait")).ok();
    assert!(!kept.exists(), "what came after the backup is gone");

    let operations = house.run("operation list demo --json").ok().json();
    let kinds: Vec<_> =
        operations.as_array().unwrap().iter().map(|it| it["kind"].clone()).collect();
    assert_eq!(kinds, ["restore-backup", "verify-backup", "create-backup"]);
    let asked = operations[0]["id"].as_str().unwrap();
    let shown = house.run(&format!("operation show {asked}")).ok().out;
    assert!(shown.contains("restore") && shown.contains("done at"), "{shown}");
    house.run(&format!("operation cancel {asked}")).failed(4, "has ended already");
    house.run("operation show nothing").failed(3, "no operation `nothing`");
    house.run("backup show nothing").failed(3, "no backup `nothing`");

    house.run(&format!("backup delete {id}")).failed(2, &format!("--confirm {id}"));
    house.run(&format!("backup delete {id} --confirm {id} --wait")).ok();
    assert!(house.run("backup list demo").ok().out.contains("No backups"));
}

#[test]
fn a_command_waits_for_the_operation_in_the_way_or_names_it() {
    let house = House::new();
    let up = house.up("--demo");
    house.run("instance start demo --wait").ok();
    house.run("instance stop demo --now --wait").ok();
    // Nothing carries the first out until the service runs again.
    drop(up);
    let first = house.run("backup create demo --json").ok().json()["id"].clone();
    let first = first.as_str().unwrap();
    let named = format!("Follow it with `refractory operation show {first}`");
    let refused = house.run("backup create demo").failed(4, &named);
    assert!(refused.err.contains("add `--wait`"), "{refused:?}");
    house.run("backup create demo --wait").failed(7, "isn't running");
    let _up = house.up("");
    let said = house.run("backup create demo --wait").ok();
    assert!(said.out.contains("was created"), "{said:?}");
    let all = house.run("backup list demo --json").ok().json();
    assert_eq!(all.as_array().unwrap().len(), 2, "the first one, and then its own: {all}");
    if said.err.contains("Waiting for operation") {
        assert!(said.err.contains(first), "{said:?}");
    }
}

#[test]
fn a_damaged_backup_is_told_and_a_deleted_table_leaves_its_backups() {
    let house = House::new();
    let _up = house.up("--demo");
    house.run("instance start demo --wait").ok();
    house.run("instance stop demo --now --wait").ok();
    fs::write(folder(&house).join("kept"), "a world").unwrap();
    house.run("backup create demo --wait").ok();
    let id = only_backup(&house);
    let said = house.run("instance delete demo --confirm demo --wait").ok();
    assert!(said.err.contains("Its backups are kept for 90 days"), "{said:?}");
    let left = house.run("backup list --deleted --json").ok().json();
    assert_eq!(left[0]["id"].as_str(), Some(id.as_str()));
    house.run(&format!("backup restore {id}")).failed(2, "--into NAME");
    house.run("instance create other").ok();
    house.run(&format!("backup restore {id} --into other --confirm other --wait")).ok();
    let other = house.table("other")["id"].as_str().unwrap().to_owned();
    let kept = house.data().join("data").join(other).join("kept");
    assert_eq!(fs::read_to_string(kept).unwrap(), "a world");

    let snapshots = house.data().join("snapshots");
    let of = fs::read_dir(&snapshots).unwrap().next().unwrap().unwrap().path();
    let archive = fs::read_dir(of).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(&archive, bytes).unwrap();
    house.run(&format!("backup verify {id} --wait")).failed(9, "damaged");
    let shown = house.run(&format!("backup show {id}")).ok().out;
    assert!(shown.contains("damaged"), "{shown}");
}

#[test]
fn the_worker_tells_what_it_does_on_a_clock() {
    let house = House::new();
    let _up = house.up("");
    let duties = soon(Duration::from_secs(20), || {
        let workers = house.run("worker list --json").ok().json();
        let duties = workers[0]["duties"].as_array()?.clone();
        let swept = duties.iter().any(|it| it["name"] == "sweep" && !it["last"].is_null());
        swept.then_some(duties)
    });
    for duty in &duties {
        assert!(duty["failure"].is_null(), "{duty}");
    }
    let said = house.run("worker list").ok().out;
    assert!(said.contains("record-retention") && said.contains("DUTY"), "{said}");
}

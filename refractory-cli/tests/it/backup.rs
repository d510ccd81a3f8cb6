//! A copy of a deployment's own records and keys, and back.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::house::{House, soon};

const PASSWORD: &str = "correct horse battery staple\n";

#[test]
fn a_copy_made_while_it_serves_comes_back_elsewhere_and_goes_on() {
    let house = House::new();
    let up = house.up("--demo");
    soon(Duration::from_mins(1), || (house.table("demo")["phase"] == "on").then_some(()));
    house.tell("user add ann --role admin", PASSWORD).ok();
    house.tell("license add club", testkit::foundry::LICENSE_KEY).ok();
    house.run("instance create friday").ok();
    let said = house.run("deployment backup copy.tar.gz").ok();
    assert!(said.out.contains("secret.key"), "it says what it holds: {said:?}");
    let copy = house.path().join("copy.tar.gz");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&copy).unwrap();
    house.run("deployment backup copy.tar.gz").failed(4, "--overwrite");
    assert_eq!(fs::read(&copy).unwrap(), before);
    house.run("instance create later").ok();
    house.run("deployment backup copy.tar.gz --overwrite").ok();
    assert_ne!(fs::read(&copy).unwrap(), before);
    let left: Vec<_> =
        fs::read_dir(house.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
    house.run("deployment restore copy.tar.gz").failed(4, "not empty");
    // The former names go on working.
    house.run("backup self former.tar.gz").ok();
    house.run("backup restore-self former.tar.gz").failed(4, "not empty");

    let other = House::new();
    let from = copy.display();
    other.run(&format!("deployment restore {from}")).ok();
    drop(up);
    // Data of tables is not in it: it is brought back beside it.
    for name in ["data", "releases"] {
        fs::rename(house.data().join(name), other.data().join(name)).unwrap();
    }
    let up = other.up("");
    assert!(up.said["link"].is_null(), "the accounts are there: {}", up.said);
    let users = other.run("user list --json").ok().json();
    assert!(users.as_array().unwrap().iter().any(|user| user["name"] == "ann"), "{users}");
    for table in ["friday", "later"] {
        assert_eq!(other.table(table)["phase"], "off");
    }
    soon(Duration::from_mins(1), || (other.table("demo")["phase"] == "on").then_some(()));
    assert!(other.run("doctor").out.contains("Only you can read"));
}

#[test]
fn what_is_no_backup_or_a_damaged_one_is_refused_and_leaves_nothing() {
    let house = House::new();
    drop(house.up(""));
    house.run("deployment backup copy.tar.gz").ok();
    let whole = fs::read(house.path().join("copy.tar.gz")).unwrap();
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 0xff;
    for (name, bytes) in [
        ("cut", &whole[..whole.len() / 2]),
        ("changed", &changed),
        ("empty", &[]),
        ("text", b"hello"),
    ] {
        fs::write(house.path().join(name), bytes).unwrap();
        house.run(&format!("deployment restore {name} --data fresh")).failed(2, "is not a backup");
        assert!(!house.path().join("fresh").exists(), "{name}");
    }
    house.run("deployment restore nowhere --data fresh").failed(3, "nowhere");
    fs::create_dir(house.path().join("fresh")).unwrap();
    house.run("deployment restore copy.tar.gz --data fresh").ok();
    house.run("deployment restore copy.tar.gz --data fresh").failed(4, "not empty");
    for file in ["refractory.db", "secret.key", "deployment"] {
        let mode =
            fs::metadata(house.path().join("fresh").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    drop(house.up("--data fresh"));
}

#[test]
fn a_wrong_key_is_told_and_not_copied() {
    let (house, other) = (House::new(), House::new());
    drop(house.up(""));
    drop(other.up(""));
    fs::copy(other.data().join("secret.key"), house.data().join("secret.key")).unwrap();
    house.run("deployment backup copy.tar.gz").failed(2, "another deployment");
    assert!(!house.path().join("copy.tar.gz").exists());
}

#[test]
fn nothing_but_an_earlier_backup_is_overwritten() {
    let house = House::new();
    let up = house.up("--demo");
    house.run("deployment backup copy.tar.gz").ok();
    fs::write(house.path().join("notes.txt"), "mine").unwrap();
    fs::write(house.path().join("blank"), "").unwrap();
    std::os::unix::fs::symlink("refractory-data/refractory.db", house.path().join("link")).unwrap();
    let own = ["refractory.db", "refractory.db-wal", "secret.key", "deployment", "lock"];
    let own = own.map(|name| format!("refractory-data/{name}"));
    for path in own.iter().map(String::as_str).chain(["notes.txt", "link", "refractory-data"]) {
        let before = fs::read(house.path().join(path)).ok();
        house.run(&format!("deployment backup {path} --overwrite")).failed(4, "is not a backup");
        if path.ends_with("key") || path.ends_with("txt") {
            assert_eq!(fs::read(house.path().join(path)).ok(), before, "{path}");
        }
    }
    for path in ["copy.tar.gz", "blank"] {
        house.run(&format!("deployment backup {path} --overwrite")).ok();
    }
    drop(up);
    assert!(house.up("").said["link"].is_null(), "the accounts are there");
}

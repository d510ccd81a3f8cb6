use serde_json::json;

use super::*;

fn open(version: Version, folder: &Path) -> Users {
    Users::open(version, folder, false).unwrap()
}

fn named(name: &str, password: &str) -> Map<String, Value> {
    fields(&[("name", name.into()), ("password", password.into())])
}

fn names(users: &Users) -> Vec<&str> {
    users.all().iter().map(User::name).collect()
}

#[test]
fn an_empty_world_of_each_generation_gets_a_gamemaster_without_a_password() {
    for version in Version::EACH_GENERATION {
        let folder = tempfile::tempdir().unwrap();
        let users = open(version, folder.path());
        assert_eq!(names(&users), ["Gamemaster"], "{version}");
        assert_eq!(users.all()[0].role(), GAMEMASTER);
        assert!(users.all()[0].accepts("") && !users.all()[0].accepts("x"));
        users.close().unwrap();
        assert_eq!(folder.path().join("users.db").exists(), version.generation <= 10);
        assert_eq!(folder.path().join("users/CURRENT").exists(), version.generation >= 11);
    }
}

#[test]
fn users_outlive_the_process_in_both_kinds_of_database() {
    for version in Version::EACH_GENERATION {
        let folder = tempfile::tempdir().unwrap();
        let mut users = open(version, folder.path());
        let ada = users.create(named("Ada", "sesame")).unwrap();
        let bo = users.create(named("Bo", "")).unwrap();
        users.update(ada.id(), fields(&[("role", 3.into())])).unwrap();
        users.delete(bo.id()).unwrap();
        users.close().unwrap();

        let users = open(version, folder.path());
        assert_eq!(names(&users).len(), 2, "{version}");
        let ada = users.find(ada.id()).unwrap();
        assert!(ada.accepts("sesame") && !ada.accepts("") && ada.role() == 3, "{version}");
    }
}

#[test]
fn a_password_is_never_stored_or_shown_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let mut users = open(Version::new(10, 312), folder.path());
    let ada = users.create(named("Ada", "sesame")).unwrap();
    assert!(!std::fs::read_to_string(folder.path().join("users.db")).unwrap().contains("sesame"));
    assert_eq!(ada.shown().get("password"), None);
    assert_eq!(ada.document()["passwordSalt"].as_str().unwrap().len(), 64);
}

#[test]
fn the_first_launch_under_v11_converts_and_keeps_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = open(Version::new(10, 312), folder.path());
    old.create(named("Ada", "sesame")).unwrap();
    old.close().unwrap();
    open(Version::new(11, 315), folder.path()).close().unwrap();
    assert!(folder.path().join("users.db").exists());
    let users = open(Version::new(12, 343), folder.path());
    assert_eq!(names(&users).len(), 2);
}

#[test]
fn a_database_that_is_open_cannot_be_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let held = open(Version::new(13, 351), folder.path());
    assert!(Users::open(Version::new(13, 351), folder.path(), false).is_err());
    held.close().unwrap();
    open(Version::new(13, 351), folder.path());
}

#[test]
fn nedb_lines_are_read_the_way_nedb_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        json!({"_id": "a", "name": "Old"}),
        json!({"_id": "b", "name": "Gone"}),
        json!({"$$indexCreated": {"fieldName": "name"}}),
        json!({"_id": "a", "name": "New", "odd": 1}),
        json!({"$$deleted": true, "_id": "b"}),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    std::fs::write(folder.path().join("users.db"), text).unwrap();
    let users = open(Version::new(9, 280), folder.path());
    assert_eq!(names(&users), ["New"]);
    assert_eq!(users.all()[0].document()["odd"], 1);
}

#[test]
fn names_are_unique_and_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut users = open(Version::new(13, 351), folder.path());
    assert!(users.create(named("Gamemaster", "")).is_err());
    assert!(users.create(named(" ", "")).is_err());
}

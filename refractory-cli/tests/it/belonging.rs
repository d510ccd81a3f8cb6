//! A data folder and a database that belong together, and what becomes of the two when one of them is lost.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use crate::house::{House, rewrite};

const UP: &str = "up --listen 127.0.0.1:0";
const PASSWORD: &str = "correct horse battery staple";

/// A deployment with an account, a table and a license key, served once and ended hard.
fn used() -> House {
    let house = House::new();
    let up = house.up("");
    house.tell("user add ann --role admin", &format!("{PASSWORD}\n")).ok();
    house.run("instance create friday").ok();
    house.tell("license add club", testkit::foundry::LICENSE_KEY).ok();
    drop(up);
    house
}

fn database(house: &House, end: &str) -> std::path::PathBuf {
    house.data().join(format!("refractory.db{end}"))
}

/// Nothing offers to make a first account, nothing is made, and the sentence says what to do.
#[track_caller]
fn refused(house: &House) {
    for command in [UP, "instance list"] {
        let said = house.run(command).failed(4, "backup");
        assert!(
            said.err.contains("refractory.db") && !said.out.contains("first account"),
            "{said:?}"
        );
    }
    let said = house.run("doctor");
    assert!(said.code == 9 && said.out.contains("PROBLEM"), "{said:?}");
}

#[test]
fn a_database_that_was_deleted_is_no_fresh_installation() {
    let house = used();
    let kept = house.path().join("kept.db");
    // What is worked with is whole without its log.
    fs::copy(database(&house, ""), &kept).unwrap();
    fs::remove_file(database(&house, "")).unwrap();
    refused(&house);
    assert!(!database(&house, "").exists(), "none is made in its place");
    assert!(database(&house, "-wal").exists(), "its log is left where it lies");
    fs::remove_file(database(&house, "-wal")).unwrap();
    refused(&house);
    fs::rename(&kept, database(&house, "")).unwrap();
    let said = house.run("user list --json").ok().json();
    assert_eq!(said[0]["name"], "ann", "put back, it opens");
    drop(house.up(""));
}

#[test]
fn a_database_that_was_emptied_is_no_fresh_installation() {
    let house = used();
    fs::write(database(&house, ""), "").unwrap();
    refused(&house);
    // The tables are there, and nothing is in them.
    let house = used();
    rewrite(&database(&house, ""), "DELETE FROM record");
    refused(&house);
}

#[test]
fn a_log_that_was_lost_or_cut_loses_no_account() {
    for cut in [None, Some(0), Some(40), Some(5_000)] {
        let house = used();
        let log = database(&house, "-wal");
        match cut {
            None => drop(fs::remove_file(&log)),
            Some(bytes) if log.exists() => {
                fs::File::options().write(true).open(&log).unwrap().set_len(bytes).unwrap();
            }
            Some(_) => {}
        }
        let up = house.up("");
        assert!(up.said["link"].is_null(), "no first account is offered: {}", up.said);
        assert_eq!(house.run("user list --json").ok().json()[0]["name"], "ann");
        assert_eq!(house.run("license list --json").ok().json()[0]["name"], "club");
        assert_eq!(house.table("friday")["name"], "friday");
    }
}

#[test]
fn the_database_of_another_deployment_is_refused_by_a_used_folder_and_by_a_new_one() {
    let (mine, theirs) = (used(), used());
    let url = format!("[store]\nurl = \"sqlite://{}\"\n", database(&theirs, "").display());
    let before = fs::read(database(&theirs, "")).unwrap();
    fs::write(mine.path().join("refractory.toml"), &url).unwrap();
    let name = fs::read_to_string(theirs.data().join("deployment")).unwrap();
    let said = mine.run(UP).failed(4, name.trim());
    assert!(said.err.contains("--data") && said.err.contains("[store]"), "{said:?}");
    let fresh = House::new();
    fs::write(fresh.path().join("refractory.toml"), &url).unwrap();
    let said = fresh.run(UP).failed(4, name.trim());
    assert!(said.err.contains("is a new one"), "{said:?}");
    assert!(
        !fresh.data().join("secret.key").exists(),
        "no key is made for secrets that it cannot open"
    );
    assert_eq!(fs::read(database(&theirs, "")).unwrap().len(), before.len());
    drop(theirs.up(""));
}

#[test]
fn data_of_a_version_without_marks_opens_and_is_marked() {
    let house = used();
    rewrite(&database(&house, ""), "DELETE FROM record WHERE kind = 'deployment'");
    let up = house.up("");
    assert!(up.said["link"].is_null(), "{}", up.said);
    drop(up);
    // From here on it is known.
    fs::write(house.data().join("deployment"), "abcdefghijkm\n").unwrap();
    house.run(UP).failed(4, "abcdefghijkm");
}

#[test]
fn a_first_start_that_was_cut_off_goes_on() {
    let house = House::new();
    drop(house.up(""));
    // As a crash leaves it between the folder's name and anything else; and between the mark and the key.
    fs::remove_file(house.data().join("secret.key")).unwrap();
    rewrite(&database(&house, ""), "DELETE FROM record WHERE kind = 'secret'");
    let up = house.up("");
    assert!(!up.said["link"].is_null(), "the first account is offered");
    drop(up);
    fs::remove_file(house.data().join("secret.key")).unwrap();
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(database(&house, end)));
    }
    assert!(!house.up("").said["link"].is_null());
}

#[test]
fn a_key_of_another_deployment_or_a_cut_one_is_found_and_nothing_is_done_with_it() {
    let (house, other) = (used(), used());
    let key = house.data().join("secret.key");
    let right = fs::read(&key).unwrap();
    for (wrong, sentence) in [
        (fs::read(other.data().join("secret.key")).unwrap(), "key of another deployment"),
        (right[..20].to_vec(), "is damaged"),
        (Vec::new(), "is damaged"),
    ] {
        fs::write(&key, wrong).unwrap();
        house.run(UP).failed(2, sentence);
        let said = house.run("doctor");
        assert_eq!(said.code, 9, "{said:?}");
        let lines: Vec<&str> = said.out.lines().filter(|line| line.contains(sentence)).collect();
        assert!(matches!(&lines[..], [line] if line.contains("key file")), "{said:?}");
    }
    fs::write(&key, right).unwrap();
    drop(house.up(""));
}

#[test]
fn nothing_in_the_data_folder_can_be_read_by_others_whatever_the_umask() {
    for umask in ["000", "022", "077", "0177"] {
        let house = House::new();
        let line = format!(
            "umask {umask}; exec {} up --demo --json --listen 127.0.0.1:0",
            env!("CARGO_BIN_EXE_refractory")
        );
        let mut child = std::process::Command::new("sh")
            .args(["-c", &line])
            .current_dir(house.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        crate::house::soon(Duration::from_mins(1), || {
            let said = house.run("instance show demo --json");
            (said.code == 0 && said.json()["phase"] == "on").then_some(())
        });
        let id = house.table("demo")["id"].as_str().unwrap().to_owned();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for folder in [
            String::new(),
            "data".to_owned(),
            format!("data/{id}"),
            format!("logs/{id}"),
            format!("runtime/{id}"),
        ] {
            assert_eq!(mode(&house.data().join(&folder)), 0o700, "{umask} {folder}");
        }
        let log = format!("logs/{id}/current.log");
        for file in ["refractory.db", "refractory.db-wal", "refractory.db-shm", "secret.key", &log]
        {
            assert_eq!(mode(&house.data().join(file)), 0o600, "{umask} {file}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

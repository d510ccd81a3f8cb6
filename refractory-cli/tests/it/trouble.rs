//! Bad input, and things in the way: a sentence that says what to do, and nothing lost.
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use testkit::foundry::{LICENSE_KEY, Layout, Version, release_zip};

use crate::house::{House, rewrite, rewrite_unless_locked, soon};

#[test]
fn a_command_without_a_data_folder_makes_none() {
    let house = House::new();
    house.run("instance list").failed(3, "`refractory up`");
    assert!(!house.data().exists());
}

#[test]
fn two_ups_on_one_folder_are_one_too_many() {
    let house = House::new();
    let first = house.up("");
    house.run("up --listen 127.0.0.1:0").failed(4, &format!("process {}", first.pid()));
    house.run("instance list").ok();
}

#[test]
fn a_port_in_use_is_told_with_another() {
    let house = House::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    house.run(&format!("up --listen {at}")).failed(4, "is in use");
    house.run("up --listen nonsense").failed(2, "listen");
}

#[test]
fn a_data_folder_that_cannot_be_written_is_told() {
    let house = House::new();
    // No one may make a folder there, not even root.
    let said = house.run("up --data /sys/refractory-test").failed(5, "/sys/refractory-test");
    assert!(said.err.contains("--data") || said.err.contains("chown"), "{said:?}");
    fs::write(house.path().join("a-file"), "x").unwrap();
    house.run("up --data a-file").failed(2, "is a file, not a folder");
}

#[test]
fn a_key_for_uploads_that_lie_with_the_data_is_told_not_to_be_there() {
    let house = House::new();
    house.run("instance create friday").ok();
    house.run("instance rotate-key friday").failed(8, "There is no key to replace");
    house.run("instance rotate-key saturday").failed(3, "There is no table `saturday`");
}

#[test]
fn the_data_folder_of_somebody_else_is_told_with_the_command_to_run() {
    let house = House::new();
    fs::create_dir(house.data()).unwrap();
    // Only root can give a folder away; for anyone else the root of the file system is another party's.
    let given = std::os::unix::fs::chown(house.data(), Some(12_345), None).is_ok();
    let at = if given { house.data() } else { "/".into() };
    let line = format!("up --listen 127.0.0.1:0 --data {}", at.display());
    house.run(&line).failed(5, "chown -R");
    assert!(!at.join("refractory.db").exists(), "nothing was written there");
}

#[test]
fn a_read_only_data_folder_is_told() {
    let house = House::new();
    let script = format!(
        "mkdir ro && mount -t tmpfs -o ro none ro && exec {} up --data ro --listen 127.0.0.1:0",
        env!("CARGO_BIN_EXE_refractory")
    );
    let (code, err) = in_a_namespace(&house, &script);
    assert_eq!(code, Some(5), "{err}");
    assert!(err.contains("read-only"), "{err}");
}

#[test]
fn a_full_disk_is_told() {
    let house = House::new();
    let script = format!(
        "mkdir full && mount -t tmpfs -o size=128k none full && head -c 200k /dev/zero > full/x; exec {} up --data full --listen 127.0.0.1:0",
        env!("CARGO_BIN_EXE_refractory")
    );
    let (code, err) = in_a_namespace(&house, &script);
    assert_eq!(code, Some(6), "{err}");
    assert!(err.contains("full") || err.contains("space"), "{err}");
}

/// Runs a script where it may mount things: as root, or where users may create namespaces.
fn in_a_namespace(house: &House, script: &str) -> (Option<i32>, String) {
    let unshare = |more: &[&str], script: &str| {
        let mut command = Command::new("unshare");
        command.args(more).args(["--mount", "sh", "-c", script]).current_dir(house.path());
        command.output().unwrap()
    };
    let ways: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
    let may =
        |way: &&[&str]| unshare(way, "mkdir -p try && mount -t tmpfs none try").status.success();
    let Some(way) = ways.into_iter().find(may) else {
        panic!("neither root nor a namespace of one's own: nothing can be mounted here");
    };
    let output = unshare(way, script);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_damaged_database_is_told_and_left_as_it_is() {
    let house = House::new();
    drop(house.up(""));
    let file = house.data().join("refractory.db");
    for beside in ["-wal", "-shm"] {
        drop(fs::remove_file(house.data().join(format!("refractory.db{beside}"))));
    }
    let rubbish = vec![0x5a; 64 << 10];
    fs::write(&file, &rubbish).unwrap();
    for command in ["up --listen 127.0.0.1:0", "instance list"] {
        let said = house.run(command).failed(1, "damaged");
        assert!(said.err.contains("backup"), "what to do next: {said:?}");
    }
    assert_eq!(fs::read(&file).unwrap(), rubbish);
    house.run("doctor").out.contains("PROBLEM").then_some(()).unwrap();
}

#[test]
fn a_zip_that_is_not_foundry_is_refused() {
    let house = House::new();
    fs::write(house.path().join("x.zip"), b"PK\x03\x04 not really").unwrap();
    house.run("release add x.zip").failed(2, "zip");
    house.run("release add nowhere.zip").failed(2, "nowhere.zip");
    assert_eq!(house.run("release list --json").ok().out.trim(), "[]");
}

#[test]
fn a_node_js_that_is_too_old_is_told_with_the_one_that_is_needed() {
    let mut house = House::new();
    let path = house.path().join("bin");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("node"), "#!/bin/sh\necho v12.22.0\n").unwrap();
    fs::set_permissions(path.join("node"), fs::Permissions::from_mode(0o755)).unwrap();
    house.set("PATH", &path.display().to_string());
    let text = format!("[local]\nsearch_path = \"{}\"\n", path.display());
    fs::write(house.path().join("refractory.toml"), text).unwrap();
    let zip = release_zip(Version::new(13, 351), Layout::Node).unwrap();
    fs::write(house.path().join("13.zip"), zip).unwrap();
    let _up = house.up("");
    house.run("release add 13.zip").ok();
    house.tell("license add club", LICENSE_KEY).ok();
    house.run("license accept club --yes-i-accept Ann").ok();
    house.run("instance create friday").ok();
    let said = house.run("instance start friday --wait").failed(9, "Foundry 13 needs Node.js");
    assert!(said.err.contains("Found: 12.22.0"), "what is there: {said:?}");
    assert!(said.err.contains("node.registry"), "what to do next: {said:?}");
    let said = house.run("doctor");
    assert!(said.code == 9 && said.out.contains("12.22.0"), "{said:?}");
    assert_eq!(house.table("friday")["name"], "friday", "nothing is lost");
}

#[test]
fn a_key_that_is_mistyped_is_refused_without_being_repeated() {
    let house = House::new();
    let said = house.tell("license add club", "ABCD-HUNTER-2").failed(2, "24 letters and digits");
    assert!(!said.err.contains("HUNTER"), "{said:?}");
    house.tell("license add club", "").failed(2, "No input.");
}

#[test]
fn a_name_that_is_no_dns_label_is_refused_with_one_that_is() {
    let house = House::new();
    let create = |name: &str| {
        let output = house.command(["instance", "create", name]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, err) = create("Friday Night!");
    assert!(code == Some(2) && err.contains("`friday-night`"), "{err}");
    let (code, err) = create("www");
    assert!(code == Some(2) && err.contains("`www-table`"), "{err}");
}

#[test]
fn a_key_file_that_others_can_read_is_told() {
    let house = House::new();
    drop(house.up(""));
    let file = house.data().join("secret.key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    house.run("up --listen 127.0.0.1:0").failed(5, "secret.key");
    let said = house.run("doctor");
    assert!(said.code == 9 && said.out.contains("chmod 600"), "{said:?}");
}

#[test]
fn nobody_at_work_is_told_instead_of_waited_for() {
    let house = House::new();
    let up = house.up("--demo");
    up.signal("TERM");
    assert_eq!(up.end(Duration::from_secs(20)), Some(0));
    house.run("instance stop demo --wait").failed(7, "`refractory up`");
    let said = house.run("instance stop demo").ok();
    assert!(said.err.contains("Refractory's background service isn't running"), "{said:?}");
}

/// The clock of the machine is set: the last sign of life is of another time, until the next one.
#[test]
fn a_worker_that_lives_is_heard_of_whatever_its_last_date_says() {
    let house = House::new();
    let up = house.up("--demo");
    soon(Duration::from_mins(1), || (house.table("demo")["phase"] == "on").then_some(()));
    for (seen, command) in [(1, "stop"), (32_503_680_000_000_u64, "start")] {
        last_seen(&house, seen);
        house.run(&format!("instance {command} demo --wait")).ok();
    }
    last_seen(&house, 1);
    let listed = house.run("worker list --json").ok().json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    drop(up);
}

#[test]
fn a_service_that_is_suspended_is_not_called_ended() {
    let house = House::new();
    let up = house.up("--demo");
    soon(Duration::from_mins(1), || (house.table("demo")["phase"] == "on").then_some(()));
    // Suspended in the middle of a write it would hold the database: it goes on, and is suspended again.
    soon(Duration::from_mins(1), || {
        up.signal("STOP");
        let is_written = rewrite_unless_locked(&database(&house), &seen_at(1));
        if !is_written {
            up.signal("CONT");
        }
        is_written.then_some(())
    });
    house.run("instance stop demo --wait").failed(7, "hasn't reported");
    let doctor = house.run("doctor");
    assert!(doctor.code == 9 && doctor.out.contains("suspended"), "{doctor:?}");
    up.signal("CONT");
    soon(Duration::from_secs(30), || (house.table("demo")["phase"] == "off").then_some(()));
}

fn last_seen(house: &House, at: u64) {
    rewrite(&database(house), &seen_at(at));
}

fn seen_at(at: u64) -> String {
    format!("UPDATE record SET body = json_set(body, '$.worker.seen', {at}) WHERE kind = 'worker'")
}

fn database(house: &House) -> PathBuf {
    house.data().join("refractory.db")
}

#[test]
fn a_table_that_was_never_on_is_said_to_be_deleted_and_not_to_be_off() {
    let house = House::new();
    drop(house.up(""));
    house.run("instance create friday").ok();
    let said = house.run("instance delete friday --confirm friday").ok();
    assert!(said.out.contains("`friday` is being deleted."), "{said:?}");
}

#[test]
fn an_error_in_json_is_json() {
    let house = House::new();
    let said = house.run("instance list --json");
    let error: serde_json::Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!((said.code, error["exit"].as_i64()), (3, Some(3)));
    assert!(error["error"].as_str().unwrap().contains("There is no data folder"));
}

#[test]
fn an_error_in_the_arguments_is_json_too() {
    let house = House::new();
    for line in ["instance create --json", "user list --frob --json", "event list -n x --json"] {
        let said = house.run(line);
        let error: serde_json::Value = serde_json::from_str(&said.err).unwrap();
        assert_eq!((said.code, error["exit"].as_i64()), (2, Some(2)), "{said:?}");
        assert!(!error["error"].as_str().unwrap().starts_with("error"), "{said:?}");
    }
    assert!(house.run("instance create --help --json").ok().out.contains("Usage"));
}

#[test]
fn the_chain_behind_an_error_is_shown_when_asked_for() {
    let house = House::new();
    let plain = house.run("release add nowhere.zip");
    assert!(!plain.err.contains("because:"), "{plain:?}");
    let whole = house.run("release add nowhere.zip -v");
    assert!(whole.err.contains("because:"), "{whole:?}");
}

#[test]
fn doctor_says_whether_the_kernel_keeps_limits() {
    let house = House::new();
    drop(house.up(""));
    let said = house.run("doctor");
    assert!(said.out.contains("Processor time isn't limited"), "{said:?}");
    let file = |path: &str| {
        let text = format!("[local]\ncontrol_group = \"{path}\"\n");
        fs::write(house.path().join("refractory.toml"), text).unwrap();
    };
    let group = house.path().join("group");
    file(&group.display().to_string());
    let said = house.run("doctor");
    assert!(said.code == 9 && said.out.contains("The kernel doesn't enforce limits"), "{said:?}");
    assert!(said.out.contains("mkdir"), "what to do next: {said:?}");
    fs::create_dir(&group).unwrap();
    for name in ["cgroup.controllers", "cgroup.subtree_control"] {
        fs::write(group.join(name), "cpu memory").unwrap();
    }
    let said = house.run("doctor");
    assert!(said.out.contains("The kernel enforces memory"), "{said:?}");
}

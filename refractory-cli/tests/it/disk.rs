//! A disk that is full, or may only be read: what is there is served, and what cannot be done is said.
use std::process::Command;

use crate::house::{House, rewrite};

/// What every script begins with: a small disk as data folder, with an account in it.
const DISK: &str = r#"
set -e
mkdir refractory-data && mount -t tmpfs -o size=3m,mode=700 none refractory-data
first() { $UP up --json --listen 127.0.0.1:0 >up.out 2>>up.log & UPPID=$!; while [ ! -s up.out ]; do kill -0 $UPPID || { cat up.log; exit 40; }; sleep 0.1; done; }
ask() { printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >ask.in; PORT=$(sed 's/.*"port":\([0-9]*\).*/\1/' up.out); python3 -c 'import socket, sys; s = socket.create_connection(("127.0.0.1", int(sys.argv[1]))); s.sendall(open("ask.in", "rb").read()); print(s.makefile("rb").read().decode(errors="replace"))' "$PORT"; }
printf 'correct horse battery staple\n' | $UP user add ann --role admin
$UP instance create friday
"#;

/// Runs `script` where it may mount things: as root, or where users may create namespaces.
fn on_a_disk(house: &House, script: &str) -> (Option<i32>, String) {
    let ways: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
    let run = |way: &[&str], script: &str| {
        let mut command = Command::new("unshare");
        command.args(way).args(["--mount", "sh", "-c", script]);
        command
            .env("UP", env!("CARGO_BIN_EXE_refractory"))
            .current_dir(house.path())
            .output()
            .unwrap()
    };
    let may = |way: &&[&str]| run(way, "mkdir -p try && mount -t tmpfs none try").status.success();
    let way = ways.into_iter().find(may);
    let way = way.unwrap_or_else(|| panic!("neither root nor a namespace of one's own"));
    let output = run(way, &format!("{DISK}{script}"));
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.code(), said.concat())
}

#[track_caller]
fn went_well(house: &House, script: &str) -> String {
    let (code, said) = on_a_disk(house, script);
    assert_eq!(code, Some(0), "{said}\n{}", house.log());
    said
}

#[test]
fn on_a_full_disk_up_comes_back_and_serves_and_goes_on_once_there_is_space() {
    for leave in ["", "rm -f refractory-data/refractory.db-wal refractory-data/refractory.db-shm"] {
        let house = House::new();
        let said = went_well(
            &house,
            &format!(
                r#"{leave}
                cat /dev/zero >refractory-data/full 2>/dev/null || true
                first
                ask /healthz | grep -q ' 200 ' || exit 41
                ask /sign-in | grep -q ' 200 ' || exit 42
                grep -q '"link":null' up.out || exit 43
                kill -0 $UPPID || exit 44
                rm refractory-data/full
                kill $UPPID; wait $UPPID || true; rm up.out; first
                $UP instance create saturday || exit 45
                $UP instance list --json
                kill $UPPID; wait $UPPID"#
            ),
        );
        assert!(said.contains("friday") && said.contains("saturday"), "{said}");
    }
}

#[test]
fn a_disk_that_fills_up_under_it_ends_nothing_and_loses_nothing() {
    let house = House::new();
    let said = went_well(
        &house,
        r"first
        cat /dev/zero >refractory-data/full 2>/dev/null || true
        i=0; while [ $i -lt 60 ]; do $UP instance create full-$i >/dev/null 2>made.err || break; i=$((i+1)); done
        [ $i -lt 60 ] || exit 50
        grep -qi 'full' made.err || { cat made.err; exit 51; }
        ask /sign-in | grep -q ' 200 ' || exit 52
        $UP instance show friday >/dev/null || exit 53
        kill -9 $UPPID; rm up.out; first
        ask /sign-in | grep -q ' 200 ' || exit 54
        rm refractory-data/full; $UP instance create saturday || exit 55
        $UP record list --json
        kill $UPPID; wait $UPPID",
    );
    assert!(said.contains("[]"), "nothing is half written: {said}");
}

#[test]
fn on_a_disk_that_may_only_be_read_it_serves_what_it_can_and_says_what_it_cannot() {
    for leave in ["", "rm -f refractory-data/refractory.db-wal refractory-data/refractory.db-shm"] {
        let house = House::new();
        let said = went_well(
            &house,
            &format!(
                r"{leave}
                mount -o remount,ro refractory-data
                first
                ask /healthz | grep -q ' 200 ' || exit 61
                ask /sign-in | grep -q ' 200 ' || exit 62
                $UP instance show friday || exit 63
                $UP instance create saturday 2>made.err && exit 64
                $UP backup self copy.tar.gz --overwrite || exit 66
                grep -Eq 'only be read|read-only|cannot be opened' made.err || {{ cat made.err; exit 65; }}
                kill $UPPID; wait $UPPID
                mount -o remount,rw refractory-data
                rm up.out; first; $UP instance create saturday; $UP instance list --json; kill $UPPID; wait $UPPID"
            ),
        );
        assert!(said.contains("saturday"), "{said}");
    }
}

const PASSWORD: &str = "correct horse battery staple\n";

/// An entry of the audit log comes after what it tells of: where that could still be written, and the entry not, it is done.
#[test]
fn nothing_is_done_without_its_entry_in_the_audit_log() {
    let house = House::new();
    let up = house.up("");
    let database = house.data().join("refractory.db");
    house.tell("license add club", testkit::foundry::LICENSE_KEY).ok();
    house.tell("user add ann", PASSWORD).ok();
    house.run("instance create friday").ok();
    let json = |list: &str| house.run(&format!("{list} --json")).ok().json();
    let lists = ["license list", "user list", "instance list", "event list"];
    let before = lists.map(json);
    let full = "CREATE TRIGGER full BEFORE INSERT ON record WHEN NEW.kind = 'event' BEGIN SELECT RAISE(ABORT, 'full'); END";
    rewrite(&database, full);
    for (command, input) in [
        ("license add other", testkit::foundry::LICENSE_KEY),
        ("license accept club --yes-i-accept Ann", ""),
        ("license remove club", ""),
        ("user add bob", PASSWORD),
        ("user passwd ann", PASSWORD),
        ("user sign-out ann", ""),
        ("instance create sunday", ""),
        ("instance edit friday --title Saturday --owner ann", ""),
        ("instance start friday", ""),
        ("instance delete friday --confirm friday", ""),
    ] {
        let told = house.tell(command, input);
        assert_ne!(told.code, 0, "{command}: {told:?}");
    }
    assert_eq!(before, lists.map(json), "neither a deed nor an entry");
    rewrite(&database, "DROP TRIGGER full");
    house.run("license accept club --yes-i-accept Ann").ok();
    assert_eq!(json("event list")[0]["text"], "Ann accepted the license agreement for club.");
    drop(up);
}

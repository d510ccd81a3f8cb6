//! Who plays, who waits for a license, and what is asked before anyone is disconnected.
use std::time::{Duration, Instant};

use testkit::foundry::{Layout, Version, executable, release_zip};

use crate::house::{House, soon};
use crate::http::{is_alive, sit};

const KEY: &str = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX";

/// A folder with a release that the stand-in runs, and a license that no one has accepted anything for.
fn stocked() -> House {
    let house = House::new();
    let config = format!("[local]\nnode = {:?}\n", executable().display().to_string());
    std::fs::write(house.path().join("refractory.toml"), config).unwrap();
    let version = Version::EACH_GENERATION[4];
    let layout = Layout::of(version).last().copied().unwrap();
    std::fs::write(house.path().join("foundry.zip"), release_zip(version, layout).unwrap())
        .unwrap();
    house.run("release add foundry.zip").ok();
    house.tell("license add club", KEY).ok();
    house
}

fn port_of(house: &House, name: &str) -> u16 {
    let endpoint = house.table(name)["endpoint"].as_str().unwrap().to_owned();
    endpoint.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
fn a_stop_and_a_restart_say_who_plays_and_ask_first() {
    let house = House::new();
    let _up = house.up("--demo");
    house.run("instance start demo --wait").ok();
    let before = house.table("demo");
    let mut seat = sit(port_of(&house, "demo"));
    for (verb, question) in [("stop", "To stop it"), ("restart", "To restart it")] {
        let asked = house.run(&format!("instance {verb} demo")).failed(2, question);
        assert!(asked.err.contains("1 person is playing at `demo`: "), "{asked:?}");
        assert!(asked.err.contains("add `--yes`"), "{asked:?}");
    }
    assert!(is_alive(&mut seat), "nothing was stopped");
    assert_eq!(house.table("demo")["launch"], before["launch"]);
    house.run("instance restart demo --yes --wait").ok();
    let after = house.table("demo");
    assert_eq!((&after["phase"], &after["fault"]), (&before["phase"], &before["fault"]));
    assert_ne!((&after["launch"], &after["pid"]), (&before["launch"], &before["pid"]));
    assert!(!is_alive(&mut seat));
    // No one plays now, so nothing is asked.
    house.run("instance restart demo --wait").ok();
    house.run("instance stop demo --wait").ok();
    let stopped = house.run("instance stop demo").ok();
    assert_eq!(stopped.out.trim(), "`demo` is off.");
    house.run("instance restart demo").failed(4, "Start it instead.");
}

#[test]
fn a_license_is_taken_from_an_empty_table_at_once() {
    let house = stocked();
    let _up = house.up("");
    house.run("license accept club --yes-i-accept Anna").ok();
    house.run("instance create first").ok();
    house.run("instance create second").ok();
    house.run("instance take-license second").failed(4, "isn't waiting for a license");
    house.run("instance start first --wait").ok();
    let begun = Instant::now();
    house.run("instance start second").ok();
    soon(Duration::from_secs(30), || {
        (house.run("instance take-license second").code == 0).then_some(())
    });
    house.run("instance start second --wait").ok();
    assert!(begun.elapsed() < Duration::from_mins(2), "long before `make_room_after`");
    assert_eq!(
        (&house.table("first")["phase"], &house.table("second")["phase"]),
        (&"off".into(), &"on".into())
    );
    let log = house.run("event list --kind license-taken").ok().out;
    assert!(log.contains("operator took the license of first for second."), "{log}");
    for table in ["first", "second"] {
        let log = house.run(&format!("event list --instance {table}")).ok().out;
        assert!(log.contains("The license club went from first to second."), "{log}");
    }
}

#[test]
fn a_start_without_an_accepted_agreement_says_so_at_once() {
    let house = stocked();
    let _up = house.up("");
    house.run("instance create friday").ok();
    let begun = Instant::now();
    let said = house.run("instance start friday --wait").failed(9, "hasn't been accepted");
    assert!(begun.elapsed() < Duration::from_secs(20), "{said:?}");
    assert!(!said.err.contains("releasing"), "{said:?}");
    let shown = house.run("instance show friday").ok().out;
    assert!(shown.contains("hasn't been accepted"), "{shown}");
    house.run("license accept club --yes-i-accept Anna").ok();
    house.run("instance start friday --wait").ok();
}

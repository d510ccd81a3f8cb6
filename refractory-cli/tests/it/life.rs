//! The demo, from an empty folder to a table in a browser, and back.
use std::time::{Duration, Instant};

use crate::house::{House, runs, soon};
use crate::http::{game_socket, get, is_alive};

#[test]
fn the_demo_is_a_table_in_the_browser() {
    let house = House::new();
    let up = house.up("--demo");
    let link = up.said["link"].as_str().unwrap().to_owned();
    assert!(link.starts_with(up.said["url"].as_str().unwrap()), "{link}");
    assert_eq!(get(up.port(), "localhost", "/healthz").unwrap().code, 200);
    let started = house.run("instance start demo --wait --json").ok().json();
    assert_eq!(started["phase"], "on");
    let page = get(up.port(), "demo.localhost", "/join").unwrap();
    assert_eq!(page.code, 200, "{page:?}");
    let mut socket = game_socket(up.port(), "demo.localhost");
    assert!(is_alive(&mut socket));
    let logs = house.run("instance logs demo").ok().out;
    assert!(logs.lines().count() > 2, "{logs}");

    let stopped = house.run("instance stop demo --now --wait").ok();
    assert!(stopped.out.contains("off") && !stopped.err.is_empty(), "{stopped:?}");
    assert!(!is_alive(&mut socket));
    house.run("instance delete demo").failed(2, "--confirm demo");
    house.run("instance delete demo --confirm dmeo").failed(2, "type its name");
    house.run("instance delete demo --confirm demo --wait").ok();
    house.run("instance show demo").failed(3, "no table `demo`");
    let left = std::fs::read_dir(house.data().join("data")).unwrap().count();
    assert_eq!(left, 0, "a trace of the table is left");
}

#[test]
fn the_words_of_json_are_understood_and_the_events_of_a_deleted_table_are_found() {
    let house = House::new();
    let up = house.up("--demo");
    house.run("instance create second --license not-needed --world demo-world").ok();
    let second = house.table("second");
    assert_eq!(second["license"], "not-needed", "{second}");
    house.run("instance edit second --license any").ok();
    assert_eq!(house.table("second")["license"], "any");
    house.run("instance delete second --confirm second --wait").ok();
    let id = second["id"].as_str().unwrap();
    let listed = house.run(&format!("event list --instance {id}")).ok();
    assert!(listed.out.contains("is deleted"), "{listed:?}");
    house.run("event list --instance second").failed(3, "no table");
    house.run("event list --kind foo").failed(2, "sign-in-failed");
    drop(up);
}

#[test]
fn sigterm_ends_it_in_order_and_the_table_lives_on() {
    let house = House::new();
    let up = house.up("--demo");
    let pid = house.run("instance start demo --wait --json").ok().json()["pid"].as_u64().unwrap();
    up.signal("TERM");
    let begun = Instant::now();
    assert_eq!(up.end(Duration::from_secs(15)), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(12));
    assert!(runs(pid), "the table went with it");
    assert!(!house.data().join("up.json").exists());
    assert_eq!(house.table("demo")["pid"].as_u64(), Some(pid));
}

#[test]
fn a_second_signal_leaves_at_once() {
    let house = House::new();
    let up = house.up("");
    // A request without a response yet keeps it from ending.
    let _open = std::net::TcpStream::connect(("127.0.0.1", up.port())).unwrap();
    up.signal("INT");
    up.signal("INT");
    let code = up.end(Duration::from_secs(5));
    assert!(matches!(code, Some(0 | 130)), "{code:?}");
}

#[test]
fn the_demo_may_be_asked_for_again() {
    let house = House::new();
    drop(house.up("--demo"));
    let up = house.up("--demo");
    soon(Duration::from_secs(10), || {
        get(up.port(), "demo.localhost", "/join").filter(|page| page.code == 200)
    });
    let tables = house.run("instance list --json").ok().json();
    assert_eq!(tables.as_array().unwrap().len(), 1);
}

//! What outlives what.
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::WebSocket;

use crate::house::{House, runs, soon};
use crate::http::{game_socket, get, is_alive};

const KEYS: [&str; 2] = ["ABCD-EFGH-IJKL-MNOP-QRST-UVWX", "BCDE-FGHI-JKLM-NOPQ-RSTU-VWXY"];

/// A socket to the program of a table itself, past the edge.
fn socket_of(house: &House, name: &str) -> WebSocket<TcpStream> {
    let endpoint = house.table(name)["endpoint"].as_str().unwrap().to_owned();
    let port = endpoint.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
    game_socket(port, "127.0.0.1")
}

/// What must not change.
fn launch(house: &House, name: &str) -> (Option<u64>, Option<String>) {
    let table = house.table(name);
    (table["pid"].as_u64(), table["launch"].as_str().map(ToOwned::to_owned))
}

/// A table on its own license.
fn licensed(house: &House, name: &str, license: &str, key: &str) {
    house.tell(&format!("license add {license}"), key).ok();
    house.run(&format!("license accept {license} --yes-i-accept Jane")).ok();
    house.run(&format!("instance create {name} --license {license}")).ok();
    house.run(&format!("instance start {name} --wait")).ok();
}

/// Which license is held by whom.
fn holders(house: &House) -> Vec<(String, String)> {
    let licenses = house.run("license list --json").ok().json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let pair = |row: &serde_json::Value| (text(&row["name"]), text(&row["holder"]));
    licenses.as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn scenario_3_a_killed_up_leaves_its_tables_to_the_next_one() {
    const TABLES: [&str; 3] = ["demo", "second", "third"];
    let house = House::new();
    let up = house.up("--demo");
    house.run("instance start demo --wait").ok();
    licensed(&house, "second", "club", KEYS[0]);
    licensed(&house, "third", "annex", KEYS[1]);
    let before = TABLES.map(|name| launch(&house, name));
    let held = holders(&house);
    let mut sockets = TABLES.map(|name| socket_of(&house, name));

    up.signal("KILL");
    up.end(Duration::from_secs(5));
    for socket in &mut sockets {
        assert!(is_alive(socket), "a game went with `up`");
    }
    for (pid, _) in &before {
        assert!(runs(pid.unwrap()));
    }

    let again = house.up("");
    let begun = Instant::now();
    for name in TABLES {
        soon(Duration::from_secs(1), || {
            let host = format!("{name}.localhost");
            get(again.port(), &host, "/join").filter(|page| page.code == 200)
        });
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
    // Long enough for a probe to have lost one if it were going to.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(TABLES.map(|name| launch(&house, name)), before);
    for socket in &mut sockets {
        assert!(is_alive(socket), "a table was restarted");
    }
    assert_eq!(holders(&house), held, "a key changed hands");
    assert!(held.iter().any(|(key, table)| (key.as_str(), table.as_str()) == ("annex", "third")));
    // Adopted is more than seen: the new one can stop what the old one started.
    house.run("instance stop second --now --wait").ok();
    assert!(!runs(before[1].0.unwrap()));
    assert_eq!(launch(&house, "demo"), before[0]);
}

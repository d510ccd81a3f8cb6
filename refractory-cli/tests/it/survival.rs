//! What outlives what.
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::WebSocket;

use crate::house::{House, runs, soon};
use crate::http::{game_socket, get, is_alive};

const KEY: &str = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX";

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

#[test]
fn scenario_3_a_killed_up_leaves_its_tables_to_the_next_one() {
    let house = House::new();
    let up = house.up("--demo");
    house.run("instance start demo --wait").ok();
    house.tell("license add club", KEY).ok();
    house.command(["license", "accept", "club", "--yes-i-accept", "Jane Doe"]).output().unwrap();
    house.run("instance create second --license club").ok();
    house.run("instance start second --wait").ok();
    let before = (launch(&house, "demo"), launch(&house, "second"));
    let mut sockets = [socket_of(&house, "demo"), socket_of(&house, "second")];

    up.signal("KILL");
    up.end(Duration::from_secs(5));
    for socket in &mut sockets {
        assert!(is_alive(socket), "a game went with `up`");
    }
    for (pid, _) in [&before.0, &before.1] {
        assert!(runs(pid.unwrap()));
    }

    let again = house.up("");
    let begun = Instant::now();
    for host in ["demo.localhost", "second.localhost"] {
        soon(Duration::from_secs(1), || {
            get(again.port(), host, "/join").filter(|page| page.code == 200)
        });
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
    // Long enough for a probe to have lost one if it were going to.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((launch(&house, "demo"), launch(&house, "second")), before);
    for socket in &mut sockets {
        assert!(is_alive(socket), "a table was restarted");
    }
    let licenses = house.run("license list --json").ok().json();
    assert_eq!(licenses[0]["holder"], "second", "the key changed hands");
    // Adopted is more than seen: the new one can stop what the old one started.
    house.run("instance stop second --now --wait").ok();
    assert!(!runs(before.1.0.unwrap()));
    assert_eq!(launch(&house, "demo"), before.0);
}

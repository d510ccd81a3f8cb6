//! What one machine is promised, measured: `cargo bench --package refractory-cli`.
//!
//! Prints the cold start of `up` to its first page with 100 tables in the store, what an idle `up` holds in memory, and what is added
//! to a table's own start between pressing Start and its join page behind the proxy. Numbers of one run on one machine: compare
//! them with each other, not with somebody else's.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    reason = "a measurement reads the clock, prints, may fail, and shares with another what it does not need all of"
)]
mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::{Up, ask, median, millis, opened, refractory};

const TABLES: usize = 100;
const ROUNDS: usize = 7;
const PASSWORD: &str = "a password for a measurement";

fn main() {
    let cold: Vec<_> = {
        let data = tempfile::tempdir().unwrap();
        furnish(data.path());
        let rounds = (0..ROUNDS).map(|_| first_page(data.path())).collect();
        println!("resident, idle, {TABLES} tables   {:>8.1} MB", idle(data.path()));
        rounds
    };
    println!("up to the first page         {:>8.1} ms (median of {ROUNDS})", median(cold));
    let (behind, own) = starts();
    println!("start to join page, proxied  {behind:>8.1} ms (median of {ROUNDS})");
    println!("the program's own start      {own:>8.1} ms (median of {ROUNDS})");
    println!("added                        {:>8.1} ms", behind - own);
}

fn furnish(data: &Path) {
    drop(Up::begin(data, &[]));
    for n in 0..TABLES {
        refractory(data, &["instance", "create", &format!("table-{n}")], "");
    }
}

fn first_page(data: &Path) -> f64 {
    let begun = Instant::now();
    let up = Up::begin(data, &[]);
    let (status, _) = ask(up.port, "GET", "localhost", "/", "", "");
    assert!(status == 200 || status == 303 || status == 302, "{status}");
    millis(begun)
}

fn idle(data: &Path) -> f64 {
    let up = Up::begin(data, &[]);
    ask(up.port, "GET", "localhost", "/", "", "");
    sleep(Duration::from_secs(5));
    up.resident_mb()
}

/// How long the demo's table takes behind the proxy, and by itself.
fn starts() -> (f64, f64) {
    let data = tempfile::tempdir().unwrap();
    let up = Up::begin(data.path(), &["--demo"]);
    wait(|| joinable(up.port, "demo.localhost"));
    refractory(data.path(), &["user", "passwd", "demo"], &format!("{PASSWORD}\n"));
    let token = opened(up.port, "demo", PASSWORD);
    let bearer = format!("Authorization: Bearer {token}");
    let own = own_starts(data.path());
    let behind = (0..ROUNDS)
        .map(|_| {
            refractory(data.path(), &["instance", "stop", "demo", "--wait"], "");
            let begun = Instant::now();
            let (status, said) =
                ask(up.port, "POST", "localhost", "/api/v1/instances/demo/start", "{}", &bearer);
            assert!(status < 300, "{status} {said}");
            wait(|| joinable(up.port, "demo.localhost"));
            millis(begun)
        })
        .collect();
    refractory(data.path(), &["instance", "delete", "demo", "--confirm", "demo", "--wait"], "");
    (median(behind), own)
}

/// The same program on a copy of the same data, with nobody around it.
fn own_starts(data: &Path) -> f64 {
    let pid = running_table();
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    let line: Vec<String> = line
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    let of = line.iter().find_map(|word| word.strip_prefix("--dataPath=")).unwrap();
    assert!(
        Path::new(of).starts_with(data.canonicalize().unwrap()) || Path::new(of).starts_with(data),
        "{of}"
    );
    let copy = tempfile::tempdir().unwrap();
    let volume = copy.path().join("volume");
    assert!(Command::new("cp").arg("-a").arg(of).arg(&volume).status().unwrap().success());
    let rounds = (0..ROUNDS).map(|_| own_start(&line, &volume)).collect();
    median(rounds)
}

fn own_start(line: &[String], volume: &Path) -> f64 {
    std::fs::remove_dir_all(volume.join("Config/options.json.lock")).unwrap_or_default();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let words = line[1..].iter().filter(|word| {
        !word.is_empty() && !word.starts_with("--port=") && !word.starts_with("--dataPath=")
    });
    let begun = Instant::now();
    let mut child = Command::new(&line[0])
        .args(words)
        .arg(format!("--port={port}"))
        .arg(format!("--dataPath={}", volume.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait(|| joinable(port, &format!("127.0.0.1:{port}")));
    let taken = millis(begun);
    child.kill().unwrap();
    child.wait().unwrap();
    taken
}

/// The process of the demo's table.
fn running_table() -> u32 {
    let found = Command::new("pgrep").args(["-n", "-f", "refractory demo-table"]).output().unwrap();
    String::from_utf8(found.stdout).unwrap().trim().parse().expect("a demo table runs")
}

/// Whether the world is open to people there.
fn joinable(port: u16, host: &str) -> bool {
    ask(port, "GET", host, "/join", "", "").0 == 200
}

fn wait(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_mins(1), "nothing came of it");
        sleep(Duration::from_millis(2));
    }
}

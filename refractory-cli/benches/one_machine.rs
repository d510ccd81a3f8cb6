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
    reason = "a measurement reads the clock, prints, and may fail"
)]
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_refractory");
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

/// A running `up`, ended when dropped.
struct Up {
    child: Child,
    port: u16,
}

impl Up {
    fn begin(data: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["--json", "--data"])
            .arg(data)
            .args(["up", "--listen", "127.0.0.1:0"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("`up` said {line:?}"));
        let port = said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
        Self { child, port }
    }

    fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ended = Command::new("kill").arg(&pid).status();
        let _ended = self.child.wait();
    }
}

fn refractory(data: &Path, args: &[&str], input: &str) {
    let mut child = Command::new(PROGRAM)
        .arg("--data")
        .arg(data)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{args:?}");
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
    let (status, _) = ask(up.port, "GET", "localhost", "/", "", None);
    assert!(status == 200 || status == 303 || status == 302, "{status}");
    millis(begun)
}

fn idle(data: &Path) -> f64 {
    let up = Up::begin(data, &[]);
    ask(up.port, "GET", "localhost", "/", "", None);
    sleep(Duration::from_secs(5));
    up.resident_mb()
}

/// How long the demo's table takes behind the proxy, and by itself.
fn starts() -> (f64, f64) {
    let data = tempfile::tempdir().unwrap();
    let up = Up::begin(data.path(), &["--demo"]);
    wait(|| joinable(up.port, "demo.localhost"));
    refractory(data.path(), &["user", "passwd", "demo"], &format!("{PASSWORD}\n"));
    let opening = format!(r#"{{"name":"demo","password":"{PASSWORD}"}}"#);
    let (_, body) = ask(up.port, "POST", "localhost", "/api/v1/session", &opening, None);
    let session: Value = serde_json::from_str(&body).expect(&body);
    let token = session["token"].as_str().unwrap().to_owned();
    let own = own_starts(data.path());
    let behind = (0..ROUNDS)
        .map(|_| {
            refractory(data.path(), &["instance", "stop", "demo", "--wait"], "");
            let begun = Instant::now();
            let (status, said) = ask(
                up.port,
                "POST",
                "localhost",
                "/api/v1/instances/demo/start",
                "{}",
                Some(&token),
            );
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
    ask(port, "GET", host, "/join", "", None).0 == 200
}

fn wait(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_mins(1), "nothing came of it");
        sleep(Duration::from_millis(2));
    }
}

/// One request on a connection of its own; status 0 where nothing answers.
fn ask(
    port: u16,
    method: &str,
    host: &str,
    path: &str,
    body: &str,
    token: Option<&str>,
) -> (u16, String) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return (0, String::new()) };
    let bearer =
        token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{bearer}\r\n",
        body.len()
    );
    let mut answer = Vec::new();
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    if sent.and_then(|()| stream.read_to_end(&mut answer)).is_err() {
        return (0, String::new());
    }
    let text = String::from_utf8_lossy(&answer);
    let status =
        text.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    (status, text.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

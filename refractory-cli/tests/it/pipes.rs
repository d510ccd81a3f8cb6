//! Readers that close their end, and commands that ask first.
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::house::{House, soon};

/// Runs `line` with standard output that is read up to its first line, and then closed.
fn cut_short(house: &House, line: &str) -> (Option<i32>, String) {
    let mut child = house.command(line.split_whitespace()).spawn().unwrap();
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    ended(child, line)
}

fn ended(mut child: Child, line: &str) -> (Option<i32>, String) {
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("`{line}` did not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut said).unwrap();
    }
    (status.code(), said)
}

#[test]
fn a_closed_pipe_ends_every_command_quietly() {
    let house = House::new();
    let _up = house.up("--demo");
    soon(Duration::from_mins(1), || (house.table("demo")["phase"] == "on").then_some(()));
    for line in [
        "completions bash",
        "completions zsh",
        "config example",
        "config show",
        "--help",
        "instance --help",
        "instance list",
        "instance show demo --json",
        "instance logs demo",
        "instance logs demo --follow",
        "instance logs demo --follow --json",
        "release list --json",
        "user list --json",
        "worker list",
        "doctor",
    ] {
        let (code, said) = cut_short(&house, line);
        assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{line}: {said}");
        let fine = if line == "doctor" { matches!(code, Some(0 | 9)) } else { code == Some(0) };
        assert!(fine, "{line}: {code:?}: {said}");
    }
}

#[test]
fn a_log_that_is_followed_ends_when_no_one_reads_it_though_nothing_is_printed() {
    let house = House::new();
    house.run("instance create quiet").ok();
    let mut child = house.command(["instance", "logs", "quiet", "--follow"]).spawn().unwrap();
    drop(child.stdout.take());
    let (code, said) = ended(child, "instance logs quiet --follow");
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[test]
fn standard_error_that_is_closed_breaks_nothing() {
    let house = House::new();
    for (line, code) in [
        ("instance list", 3),
        ("instance list -v", 3),
        ("instance create friday -v", 0),
        ("instance start friday --wait", 7),
        ("instance logs friday", 0),
        ("nonsense", 2),
    ] {
        let mut child = house.command(line.split_whitespace()).spawn().unwrap();
        drop(child.stderr.take());
        assert_eq!(ended(child, line).0, Some(code), "{line}");
    }
    // A server whose log no one reads any more goes on serving.
    let mut up = house.command("up --json --listen 127.0.0.1:0 --demo -v".split_whitespace());
    let mut up = up.env("REFRACTORY_LOG", "debug").stderr(Stdio::piped()).spawn().unwrap();
    drop(up.stderr.take());
    let mut first = String::new();
    BufReader::new(up.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("\"url\""), "{first}");
    soon(Duration::from_mins(1), || (house.table("demo")["phase"] == "on").then_some(()));
    assert_eq!(up.try_wait().unwrap(), None, "it serves on");
    up.kill().unwrap();
    up.wait().unwrap();
}

#[test]
fn without_a_running_up_the_configured_address_is_printed() {
    let house = House::new();
    house.run("instance create friday").ok();
    assert_eq!(house.table("friday")["url"], "http://friday.localhost:8080/");
    let up = house.up("");
    let at = up.port();
    assert_eq!(house.table("friday")["url"], format!("http://friday.localhost:{at}/"));
    // Killed, it cannot take its note away.
    up.signal("KILL");
    up.end(Duration::from_secs(10));
    assert_eq!(house.table("friday")["url"], "http://friday.localhost:8080/");
    std::fs::write(
        house.path().join("refractory.toml"),
        "[web]\nlisten = \"127.0.0.1:9123\"\ndomain = \"play.test\"\nhttps = true\n",
    )
    .unwrap();
    assert_eq!(house.table("friday")["url"], "https://friday.play.test/");
}

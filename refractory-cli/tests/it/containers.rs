//! `up` where nothing that it starts can outlive it: as process 1, and as the child of one that has nothing else to do.
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{House, soon};

/// As long as `docker stop` waits.
const DOCKER_WAITS: Duration = Duration::from_secs(10);

/// A process namespace, and the `up` in it by its number outside.
struct Container {
    outside: Child,
    said: Value,
    up: u32,
}

impl Container {
    /// Runs `script` as process 1, with the program as `$UP`.
    fn run(house: &House, script: &str) -> Self {
        let (up, log) = (env!("CARGO_BIN_EXE_refractory"), house.path().join("up.log"));
        let mut outside = unshare()
            .args(["--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL", "sh", "-c", script])
            .env("UP", format!("{up} up --json --listen 127.0.0.1:0"))
            .current_dir(house.path())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(log).unwrap())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(outside.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let said = serde_json::from_str(&first).unwrap_or_else(|error| {
            drop(outside.kill());
            panic!("{error}: {first}\n{}", house.log())
        });
        let up = below(outside.id()).into_iter().find(|pid| name(*pid) == "refractory").unwrap();
        Self { outside, said, up }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.up.to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end of everything in it.
    #[track_caller]
    fn end(&mut self, within: Duration) -> Option<i32> {
        soon(within, || self.outside.try_wait().unwrap()).code()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        drop(self.outside.kill());
        drop(self.outside.wait());
    }
}

/// `unshare` as root, or where users may create namespaces.
fn unshare() -> Command {
    let ways: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
    let may = |way: &&[&str]| {
        Command::new("unshare")
            .args(*way)
            .args(["--pid", "--fork", "--mount-proc", "true"])
            .status()
            .unwrap()
            .success()
    };
    let way = ways.into_iter().find(may);
    let way = way.unwrap_or_else(|| panic!("neither root nor a namespace of one's own"));
    let mut command = Command::new("unshare");
    command.args(way);
    command
}

/// Every process that `pid` started, and those that these started.
fn below(pid: u32) -> Vec<u32> {
    let own = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let own = own.split_whitespace().filter_map(|child| child.parse().ok());
    own.flat_map(|child| std::iter::once(child).chain(below(child))).collect()
}

fn name(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

/// What the database of the demo's world was left as.
fn world(house: &House) -> String {
    let id = house.table("demo")["id"].as_str().unwrap().to_owned();
    let marker = format!("data/{id}/Data/worlds/demo-world/data/stand-in-marker.json");
    let text = fs::read_to_string(house.data().join(marker)).unwrap_or_default();
    let marker: Value = serde_json::from_str(&text).unwrap_or_default();
    marker["database"].as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn is_on(house: &House) {
    let until = Instant::now() + Duration::from_mins(1);
    while house.table("demo")["phase"] != "on" {
        assert!(Instant::now() < until, "{}\n{}", house.table("demo"), house.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(world(house), "open");
}

#[test]
fn a_world_that_closes_slowly_is_closed_before_its_program_is_ended() {
    let house = House::new();
    let mut container = Container::run(&house, "exec $UP --demo");
    is_on(&house);
    let id = house.table("demo")["id"].as_str().unwrap().to_owned();
    let switches = house.data().join("data").join(id).join("stand-in.json");
    fs::write(switches, r#"{"close": "3s"}"#).unwrap();
    house.run("instance stop demo --wait").ok();
    house.run("instance start demo --wait").ok();
    is_on(&house);
    container.signal("TERM");
    assert_eq!(container.end(DOCKER_WAITS), Some(0), "{}", house.log());
    assert_eq!(world(&house), "closed-by-request", "{}", house.log());
}

#[test]
fn as_process_1_it_closes_every_world_before_it_ends_and_starts_them_again() {
    let house = House::new();
    let mut container = Container::run(&house, "exec $UP --demo");
    assert_eq!(container.said["pid"], 1);
    is_on(&house);
    let begun = Instant::now();
    container.signal("TERM");
    assert_eq!(container.end(DOCKER_WAITS), Some(0), "{}", house.log());
    assert!(begun.elapsed() < DOCKER_WAITS);
    assert_eq!(world(&house), "closed-by-request", "{}", house.log());
    let log = fs::metadata(house.data().join("refractory.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0, "the database is whole in one file");
    // What people want is what it was.
    let mut again = Container::run(&house, "exec $UP");
    is_on(&house);
    again.signal("INT");
    assert_eq!(again.end(DOCKER_WAITS), Some(0), "{}", house.log());
    assert_eq!(world(&house), "closed-by-request");
}

#[test]
fn below_a_little_init_it_does_the_same() {
    let house = House::new();
    // The shell waits for it, and ends after it, as `tini` does.
    let mut container = Container::run(&house, "$UP --demo; exit $?");
    assert_ne!(container.said["pid"], 1);
    is_on(&house);
    container.signal("TERM");
    assert_eq!(container.end(DOCKER_WAITS), Some(0), "{}", house.log());
    assert_eq!(world(&house), "closed-by-request", "{}", house.log());
}

#[test]
fn told_to_keep_tables_it_does_and_told_to_close_them_it_closes_them_anywhere() {
    let house = House::new();
    let mut container = Container::run(&house, "REFRACTORY__LOCAL__AT_EXIT=keep exec $UP --demo");
    is_on(&house);
    container.signal("TERM");
    assert!(container.end(DOCKER_WAITS).is_some());
    assert_eq!(world(&house), "open", "it was ended with the container, as somebody wished");
    let mut house = House::new();
    house.set("REFRACTORY__LOCAL__AT_EXIT", "close");
    let up = house.up("--demo");
    is_on(&house);
    up.signal("TERM");
    assert_eq!(up.end(Duration::from_secs(15)), Some(0));
    assert_eq!(world(&house), "closed-by-request", "{}", house.log());
}

#[test]
fn as_process_1_it_takes_away_what_ended_and_is_nobody_s() {
    let house = House::new();
    let container = Container::run(&house, "exec $UP");
    let up = container.up.to_string();
    let user = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/user")).unwrap();
    let mut enter = Command::new("nsenter");
    enter.args(["--target", &up, "--pid"]);
    if user("self") != user(&up) {
        enter.args(["--user", "--preserve-credentials"]);
    }
    let entered =
        enter.args(["sh", "-c", "for i in 1 2 3; do (sleep 0.2 &) ; done"]).status().unwrap();
    assert!(entered.success());
    let ended = || {
        let is_dead = |pid: &u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.contains(") Z ")
        };
        below(container.up).iter().filter(|pid| is_dead(pid)).count()
    };
    soon(Duration::from_secs(10), || (ended() == 3).then_some(()));
    soon(Duration::from_secs(30), || (ended() == 0).then_some(()));
}

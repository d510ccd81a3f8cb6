//! The API of a running `up`, beside the command line.
use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::house::{House, Said, Up, all_of};

const PASSWORD: &str = "correct horse battery staple";

/// A deployment with an administrator, a user and a token.
struct Place {
    house: House,
    up: Up,
    token: String,
}

impl Place {
    fn open(more: &str) -> Self {
        let house = House::new();
        house.tell("user add jane --role admin", PASSWORD).ok();
        let token =
            token(&house, "token create script --user jane --scope admin --scope credentials");
        let up = house.up(more);
        Self { house, up, token }
    }

    /// What the API answers, without the head.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut socket = TcpStream::connect(("127.0.0.1", self.up.port())).unwrap();
        let body = body.map(Value::to_string).unwrap_or_default();
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .unwrap();
        let text = all_of(&mut socket);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let value = if body.is_empty() {
            json!(null)
        } else {
            serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}"))
        };
        (status, value)
    }

    fn read(&self, path: &str) -> Value {
        let (status, value) = self.ask("GET", &format!("/api/v1{path}"), None);
        assert_eq!(status, 200, "{path}: {value}");
        value
    }
}

fn token(house: &House, line: &str) -> String {
    let made = house.run(&format!("{line} --json")).ok().json();
    made["secret"].as_str().unwrap().to_owned()
}

/// Of an administrator's and the operator's view the same is asked of each noun.
#[test]
fn json_at_the_prompt_is_what_the_api_answers() {
    let place = Place::open("--demo");
    let house = &place.house;
    house.run("instance start demo --wait").ok();
    house.run("instance create quiet --title Quiet --memory 1GiB --language en.core").ok();
    house.tell("license add Club", "ABCD-EFGH-IJKL-MNOP-QRST-1239").ok();
    house.run("user add max --role player --link").ok();
    let rows = [
        ("instance list", "/instances"),
        ("license list", "/licenses"),
        ("release list", "/releases"),
        ("user list", "/users"),
        ("worker list", "/workers"),
        ("event list -n 200", "/events?limit=200"),
        ("record list", "/damaged"),
        ("token list --user jane", "/tokens"),
    ];
    for (line, path) in rows {
        // What is written by itself meanwhile (a sign of life, a probe) is read once more.
        let same = (0..20).find_map(|_| {
            let printed = house.run(&format!("{line} --json")).ok().json();
            let answered = place.read(path)["items"].clone();
            (printed == answered).then_some(printed)
        });
        let same = same.unwrap_or_else(|| {
            let printed = house.run(&format!("{line} --json")).ok().json();
            panic!("{line}:\n{printed:#}\n{path}:\n{:#}", place.read(path))
        });
        assert!(line == "record list" || !same.as_array().unwrap().is_empty(), "{line}: {same}");
    }
    assert_eq!(house.table("quiet"), place.read("/instances/quiet"));
}

#[test]
fn a_token_is_created_listed_and_revoked_at_the_prompt() {
    let place = Place::open("");
    let house = &place.house;
    let made = house.run("token create lights --user jane --expires 30d").ok();
    assert!(made.out.contains("rft_") && made.out.contains("read; ends"), "{made:?}");
    house.run("token create lights --user jane").failed(4, "a token named `lights` already");
    house.run("token create x --user nobody").failed(3, "no user named `nobody`");
    house.run("token create x --user jane --scope fly").failed(2, "not a scope");
    house.run("token create x --user jane --expires soon").failed(2, "90d");
    house.run("token create x --user jane --expires 2001-01-01").failed(2, "is past");
    let never = house.run("token create never --user jane --expires never --json").ok().json();
    assert_eq!(never["expires"], Value::Null);
    let listed = house.run("token list").ok().out;
    for shown in ["script", "lights", "admin, credentials", "never"] {
        assert!(listed.contains(shown), "{shown}: {listed}");
    }
    assert!(!listed.contains("rft_"), "{listed}");
    assert_eq!(place.read("/session")["scopes"], json!(["admin", "credentials"]));
    let used = house.run("token list --user jane --json").ok().json();
    let used = used.as_array().unwrap().iter().find(|it| it["name"] == "script").unwrap();
    assert_eq!(used["last_used"].as_str().unwrap().len(), 10, "{used}");
    house.run("token revoke script --user jane").ok();
    house.run("token revoke script --user jane").failed(3, "no token");
    house.run("token revoke nothing").failed(3, "--user USER");
    assert_eq!(place.ask("GET", "/api/v1/session", None).0, 401);
    let events = house.run("event list").ok().out;
    assert!(events.contains("created the token lights for jane"), "{events}");
    assert!(events.contains("revoked the token script of jane"), "{events}");
    let database = std::fs::read(house.data().join("refractory.db")).unwrap();
    let logged = house.log();
    assert!(!database.windows(place.token.len()).any(|part| part == place.token.as_bytes()));
    assert!(!logged.contains(&place.token));
}

/// Every block of `docs/api.md` that is marked as one for a shell, in its order.
#[test]
fn the_examples_of_the_documentation_run() {
    let place = Place::open("");
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md")).unwrap();
    let blocks: Vec<_> = text.split("```").filter_map(|block| block.strip_prefix("sh\n")).collect();
    assert!(blocks.len() >= 9, "{} examples", blocks.len());
    let script = format!("set -euxo pipefail\n{}", blocks.join("\n"));
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_refractory")).parent().unwrap().to_owned();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let run = Command::new("bash")
        .args(["-c", &script])
        .current_dir(place.house.path())
        .env("PATH", path)
        .env("URL", format!("http://127.0.0.1:{}", place.up.port()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = Said::of(run).ok();
    for told in [
        "\"phase\":\"starting\"",
        "\"title\":\"Friday\"",
        "urn:refractory:problem:not-found",
        "rft_",
    ] {
        assert!(said.out.contains(told), "{told}: {said:?}");
    }
}

//! What comes from outside: keys as people have them, and what programs print.
use std::io::Write;
use std::process::Stdio;

use super::house::{House, Said};

const KEY: &str = "ABCD-EFGH-IJKL-MNOP-QRST-";

/// What someone does to a key before it is read.
type Dress = fn(String) -> String;

fn key(group: &str) -> String {
    format!("{KEY}{group}")
}

/// Runs a line with these bytes on standard input.
fn tell(house: &House, line: &str, bytes: &[u8]) -> Said {
    let mut child = house.command(line.split_whitespace()).stdin(Stdio::piped()).spawn().unwrap();
    // A reader that has enough closes the pipe.
    drop(child.stdin.take().unwrap().write_all(bytes));
    Said::of(child.wait_with_output().unwrap())
}

/// Adds the license `name` by file and by standard input.
fn both(house: &House, name: &str, file: &[u8], piped: &[u8]) -> [Said; 2] {
    std::fs::write(house.path().join("key.txt"), file).unwrap();
    let by_file = house.run(&format!("license add {name}-file --key-file key.txt"));
    [by_file, tell(house, &format!("license add {name}"), piped)]
}

#[test]
fn a_key_is_taken_however_it_comes() {
    let house = House::new();
    let rows: [(&str, Dress); 6] = [
        ("plain", |key| format!("{key}\r\n")),
        ("mark", |key| format!("\u{feff}{key}\r\n")),
        ("dashes", |key| key.replace('-', "\u{2013}")),
        ("unseen", |key| format!("{key}\u{200b}\n")),
        ("comment", |key| format!("{key}\n# club key\n")),
        ("foundry", |key| format!("{{\"host\":\"nas\",\"license\":\"{}\"}}", key.replace('-', ""))),
    ];
    for (at, (name, dress)) in rows.into_iter().enumerate() {
        let letter = char::from(b'A' + u8::try_from(at).unwrap());
        let [one, other] = ["F", "P"].map(|way| dress(key(&format!("AA{way}{letter}"))));
        for said in both(&house, name, one.as_bytes(), other.as_bytes()) {
            said.ok();
        }
    }
}

#[test]
fn what_is_no_text_or_no_key_is_asked_for_wrongly() {
    let house = House::new();
    let key = key("AAAA");
    let utf16: Vec<u8> = key.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xFF, 0xFE][..], &utf16].concat();
    let rows: [(&str, Vec<u8>, &str); 6] = [
        ("marked", marked, "UTF-16"),
        ("unmarked", utf16, "UTF-16"),
        ("latin", b"cl\xE9: ABCD".to_vec(), "UTF-8"),
        ("zeros", vec![0; 200], "zero"),
        ("long", vec![b'A'; 200_000], "far too much"),
        ("empty", Vec::new(), "No input"),
    ];
    for (name, bytes, word) in rows {
        for said in both(&house, name, &bytes, &bytes) {
            said.failed(2, word);
        }
    }
    house.run("license add x --key-file .").failed(2, "is a folder");
    house.run("license add x --key-file /dev/zero").failed(2, "far too much");
    house.run("license add x --key-file nowhere.txt").failed(2, "cannot be read");
    tell(&house, "user add ada", b"\xE9\xE9\xE9\xE9\xE9\xE9\xE9\xE9\n").failed(2, "UTF-8");
    tell(&house, "user add ada", &vec![0; 70_000]).failed(2, "far too much");
}

#[test]
fn a_pipe_that_is_named_as_a_file_is_read() {
    let house = House::new();
    let pipe = house.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let key = key("AAAB");
    let writer = std::thread::spawn(move || std::fs::write(pipe, key).unwrap());
    house.run("license add piped --key-file pipe").ok();
    writer.join().unwrap();
}

#[test]
fn a_configuration_in_another_encoding_says_so() {
    let house = House::new();
    let text = "[core]\r\ndata = \"elsewhere\"\r\n";
    std::fs::write(house.path().join("refractory.toml"), format!("\u{feff}{text}")).unwrap();
    house.run("config check").ok();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(house.path().join("refractory.toml"), utf16).unwrap();
    house.run("config check").failed(2, "UTF-16");
}

/// A table whose program has printed these lines.
fn printed(house: &House, lines: &[u8]) {
    house.run("instance create tab").ok();
    let id = house.run("instance show tab --json").ok().json()["id"].as_str().unwrap().to_owned();
    let folder = house.data().join("logs").join(id);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("current.log"), lines).unwrap();
}

#[test]
fn what_a_program_prints_is_shown_and_not_obeyed() {
    let house = House::new();
    printed(
        &house,
        b"\x1b]0;owned\x07title\n\x1b[2J\x1b[Hcleared\n\x1b]52;c;cm0gLXJmIH4=\x07clipboard\nnul \x00 bell \x07\nreal line\rhidden\n\xc2\x9b2Jc1 \xe2\x80\xaeturned\n\x1b[32mgreen\x1b[0m\n",
    );
    let said = house.run("instance logs tab -n 10").ok();
    let obeyed = |c: char| c.is_control() && c != '\n';
    assert!(!said.out.contains(obeyed) && !said.out.contains('\u{202e}'), "{:?}", said.out);
    for shown in [
        "\\x1b]0;owned\\x07title",
        "real line\\rhidden",
        "\\x9b2Jc1",
        "\\u{202e}turned",
        "\ngreen\n",
    ] {
        assert!(said.out.contains(shown), "{shown}: {:?}", said.out);
    }
    let json = house.run("instance logs tab -n 10 --json").ok().out;
    assert!(!json.contains(obeyed) && !json.contains('\u{202e}'), "{json:?}");
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["line"], "\u{1b}]0;owned\u{7}title");
    assert_eq!(lines[5]["line"], "\u{9b}2Jc1 \u{202e}turned");
}

#[test]
fn a_configured_node_that_is_none_is_a_finding() {
    let house = House::new();
    house.run("instance create tab").ok();
    for (node, word) in
        [("/nowhere/node", "not there"), ("/", "folder"), ("/etc/hostname", "cannot be run")]
    {
        let toml = format!("[local]\nnode = {node:?}\n");
        std::fs::write(house.path().join("refractory.toml"), toml).unwrap();
        let said = house.run("doctor");
        let line = said.out.lines().find(|line| line.contains("Node.js")).unwrap();
        assert!(line.contains("PROBLEM") && line.contains(node) && line.contains(word), "{said:?}");
    }
}

#[test]
fn any_path_can_be_the_data_folder() {
    let mut house = House::new();
    for name in ["what?", "a #1", "~", "100%20", "Höhle's", "two\nlines", "mode=rwc?x=y"] {
        let data = house.path().join(name);
        let data = data.to_str().unwrap();
        let listed = |args: &[&str]| {
            Said::of(house.command(["--data", data].iter().chain(args)).output().unwrap())
        };
        listed(&["instance", "create", "friday"]).ok();
        assert_eq!(
            listed(&["instance", "list", "--json"]).ok().json()[0]["name"],
            "friday",
            "{name:?}"
        );
        assert!(house.path().join(name).join("refractory.db").exists(), "{name:?}");
        let doctor = listed(&["doctor"]).out;
        assert!(doctor.contains("Tables: 1"), "{doctor}");
    }
    let home = house.path().join("home");
    house.set("HOME", home.to_str().unwrap());
    house.run("--data ~/tables instance create friday").ok();
    assert!(home.join("tables").join("refractory.db").exists());
    house.run("--data ~bob/tables instance create friday").failed(2, "whole path");
    let long = "x".repeat(300);
    house.run(&format!("--data {long} instance create friday")).failed(2, "shorter");
}

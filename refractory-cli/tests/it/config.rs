//! `config`, and what is wrong with one.
use std::fs;
use std::path::Path;

use crate::house::House;

/// The example that is committed.
fn committed() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../refractory.example.toml");
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn the_committed_example_is_what_the_types_say() {
    let said = House::new().run("config example").ok().out;
    assert_eq!(said, committed(), "run `refractory config example > refractory.example.toml`");
}

#[test]
fn the_example_is_a_valid_configuration_as_it_is_and_with_every_key_set() {
    let house = House::new();
    fs::write(house.path().join("refractory.toml"), committed()).unwrap();
    house.run("config check").ok();
    let is_key = |line: &str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let set: String = committed()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if is_key(rest) => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    fs::write(house.path().join("refractory.toml"), &set).unwrap();
    let said = house.run("config check");
    assert!(said.code == 0, "{said:?}\n{set}");
}

#[test]
fn a_misspelt_key_is_told_with_file_key_and_the_nearest_one() {
    let house = House::new();
    fs::write(house.path().join("refractory.toml"), "[web]\nlistne = \"127.0.0.1:1\"\n").unwrap();
    for command in ["config check", "up", "instance list"] {
        let said = house.run(command).failed(2, "`web.listne`");
        assert!(said.err.contains("refractory.toml") && said.err.contains("`listen`"), "{said:?}");
    }
    assert!(!house.data().exists(), "nothing was begun");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let house = House::new();
    let file = "[core]\nprobe = 5\nbackend = 3\n[wbe]\n[local]\nniceness = 40\n";
    fs::write(house.path().join("refractory.toml"), file).unwrap();
    let said = house.run("config check").failed(2, "cannot be used");
    for part in ["`core.probe`", "`5` has no unit", "`core.backend`", "`[web]`", "`local.niceness`"]
    {
        let told = said.err.contains(part) || (part == "`[web]`" && said.err.contains("`web`"));
        assert!(told, "{part}: {said:?}");
    }
}

#[test]
fn a_variable_that_matches_nothing_is_an_error() {
    let house = House::new();
    let mut command = house.command(["config", "check"]);
    let output = command.env("REFRACTORY__WEB__LISTNE", "x").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err.contains("REFRACTORY__WEB__LISTNE") && err.contains("`listen`"), "{err}");
}

#[test]
fn show_tells_where_each_value_comes_from_and_hides_secrets() {
    let house = House::new();
    let secret = house.path().join("url");
    fs::write(&secret, "postgres://me:hunter22@localhost/x").unwrap();
    let file = format!("[store]\nurl_file = {secret:?}\n[core]\nprobe = \"9s\"\n");
    fs::write(house.path().join("refractory.toml"), file).unwrap();
    let output = house
        .command(["config", "show", "--json", "--data", "elsewhere"])
        .env("REFRACTORY__CORE__LOSSES", "7")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("hunter22"), "{text}");
    let all: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    for (key, value, from) in [
        ("store.url", "•••", "refractory.toml"),
        ("core.probe", "\"9s\"", "refractory.toml"),
        ("core.losses", "7", "REFRACTORY__CORE__LOSSES"),
        ("core.data", "\"elsewhere\"", "--data"),
        ("core.sweep", "\"2m\"", "default"),
    ] {
        let shown = all.iter().find(|shown| shown["key"] == key).unwrap();
        assert_eq!((shown["value"].as_str(), shown["from"].as_str()), (Some(value), Some(from)));
    }
}

#[test]
fn a_backend_that_nobody_knows_is_told_with_those_there_are() {
    let house = House::new();
    fs::write(house.path().join("refractory.toml"), "[core]\nbackend = \"locla\"\n").unwrap();
    house.run("up").failed(2, "did you mean `local`?");
}

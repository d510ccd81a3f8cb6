//! The main job: from a release archive in an empty folder to two people in a world that was made in the browser.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use testkit::foundry::{Layout, Version, executable, release_zip};

use crate::house::{House, Up, soon};
use crate::http::get;

fn chromium() -> PathBuf {
    let known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let found = known.iter().map(Path::new).find(|path| path.is_file());
    let none = "no Chromium here: run `.ci/install`, or `apt-get install chromium`";
    found.unwrap_or_else(|| panic!("{none}")).to_owned()
}

/// A folder with nothing in it but an archive and the stand-in in the place of Node.js.
fn empty(version: Version, more: &str) -> House {
    let house = House::new();
    let config = format!("[local]\nnode = {:?}\n{more}", executable().display().to_string());
    std::fs::write(house.path().join("refractory.toml"), config).unwrap();
    let layout = Layout::of(version).last().copied().unwrap();
    std::fs::write(house.path().join("foundry.zip"), release_zip(version, layout).unwrap())
        .unwrap();
    house
}

/// Walks through the whole story in a browser, and holds the rows to it afterwards.
fn walk(version: Version, by_path: bool) {
    let house = empty(version, if by_path { "[web]\nby_path = true\n" } else { "" });
    let up = house.up("");
    let driver = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("refractory-web/tests/browser");
    let pictures =
        format!("first-world-{}{}", version.generation, if by_path { "-path" } else { "" });
    let walked = Command::new("node")
        .arg("first-world.mjs")
        .arg(chromium())
        .arg(up.said["url"].as_str().unwrap())
        .arg(up.said["link"].as_str().unwrap())
        .arg(house.path().join("foundry.zip"))
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join(pictures))
        .env("BY_PATH", if by_path { "yes" } else { "no" })
        .current_dir(driver)
        .output()
        .unwrap_or_else(|error| panic!("no Node.js here ({error}): run `.ci/install`"));
    let complaints = String::from_utf8_lossy(&walked.stderr).into_owned();
    assert!(
        walked.status.success(),
        "generation {}:\n{complaints}\n{}",
        version.generation,
        house.log()
    );
    let table = house.table("friday-night");
    assert_eq!(
        (table["phase"].as_str(), table["world"].as_str()),
        (Some("on"), Some("sunless-keep"))
    );
    assert!(table["fault"].is_null(), "{table}");
    assert_eq!(
        table["launch"].as_str().unwrap().rsplit('.').next(),
        Some("2"),
        "one restart: {table}"
    );
    next_start_opens_the_world(&house, &up, by_path);
}

fn next_start_opens_the_world(house: &House, up: &Up, by_path: bool) {
    house.run("instance stop friday-night --now --yes --wait").ok();
    house.run("instance start friday-night --wait").ok();
    let (host, path) =
        if by_path { ("localhost", "/friday-night/") } else { ("friday-night.localhost", "/") };
    let page = get(up.port(), host, path).unwrap();
    let to = page.values("location");
    assert!(to[0].ends_with("/join"), "{page:?}");
}

#[test]
fn a_first_world_is_made_in_a_browser_in_generation_9() {
    walk(Version::EACH_GENERATION[0], false);
}

#[test]
fn a_first_world_is_made_in_a_browser_in_generation_10() {
    walk(Version::EACH_GENERATION[1], false);
}

#[test]
fn a_first_world_is_made_in_a_browser_in_generation_11() {
    walk(Version::EACH_GENERATION[2], false);
}

#[test]
fn a_first_world_is_made_in_a_browser_in_generation_12() {
    walk(Version::EACH_GENERATION[3], false);
}

#[test]
fn a_first_world_is_made_in_a_browser_in_generation_13() {
    walk(Version::EACH_GENERATION[4], false);
}

#[test]
fn a_first_world_is_made_in_a_browser_in_generation_14() {
    walk(Version::EACH_GENERATION[5], false);
}

#[test]
fn a_first_world_is_made_in_a_browser_where_tables_are_paths_of_one_host() {
    walk(Version::EACH_GENERATION[5], true);
}

#[test]
fn the_prompt_says_where_a_table_is_and_gives_a_way_into_its_setup() {
    let house = empty(Version::EACH_GENERATION[4], "");
    let up = house.up("");
    house.run("release add foundry.zip").ok();
    house.tell("license add club", "ABCD-EFGH-IJKL-MNOP-QRST-UVWX\n").ok();
    house.run("license accept club --yes-i-accept Anna").ok();
    house.run("instance create friday").ok();
    let url = format!("http://friday.localhost:{}/", up.port());
    assert_eq!(house.run("instance open friday").ok().out.trim(), url);
    house.run("instance open friday --setup").failed(4, "Start the table first");
    let started = house.run("instance start friday --wait").ok();
    assert!(started.out.contains("`refractory instance open friday --setup`"), "{started:?}");
    let shown = house.run("instance show friday").ok().out;
    assert!(shown.contains("in Foundry's setup, with no world open"), "{shown}");
    let said = house.run("instance open friday --setup --json").ok().json();
    let link = said["link"].as_str().unwrap();
    let path = link.strip_prefix(&format!("http://friday.localhost:{}", up.port())).unwrap();
    let page = get(up.port(), "friday.localhost", path).unwrap();
    assert_eq!(page.code, 303, "{page:?}");
    assert_eq!(page.values("location"), ["/_refractory/setup/friday"]);
    assert!(page.values("cache-control").contains(&"no-store".to_owned()), "{page:?}");
    house.run("instance open nobody --setup").failed(3, "no table `nobody`");
    let world = "instance show friday --json";
    soon(Duration::from_secs(5), || {
        let table = house.run(world).ok().json();
        (table["in_setup"] == true && table["open_world"].is_null()).then_some(())
    });
}

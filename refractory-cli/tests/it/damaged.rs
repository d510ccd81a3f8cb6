//! Records that cannot be read, in a deployment that goes on without them.
use std::time::Duration;

use crate::house::{House, rewrite, soon};
use crate::http::get;

#[test]
fn a_damaged_record_of_each_kind_ends_nothing_and_is_shown_everywhere() {
    let house = House::new();
    let up = house.up("--demo");
    soon(Duration::from_mins(1), || (house.table("demo")["phase"] == "on").then_some(()));
    house.tell("user add ann --role admin", "correct horse battery staple\n").ok();
    house.tell("license add club", testkit::foundry::LICENSE_KEY).ok();
    house.run("instance create friday").ok();
    let friday = house.table("friday")["id"].as_str().unwrap().to_owned();
    drop(up);
    let database = house.data().join("refractory.db");
    let broken = "UPDATE record SET body = substr(body, 1, 9) WHERE (kind = 'instance' AND id IN (SELECT id FROM record_key WHERE \
        unique_text = 'slug:friday')) OR kind IN ('license', 'event', 'token', 'worker') OR (kind = 'user' AND id IN (SELECT id \
        FROM record_key WHERE unique_text = 'name:ann'))";
    rewrite(&database, broken);
    let up = house.up("");
    assert!(up.said["link"].is_null(), "an account that cannot be read is one: {}", up.said);
    soon(Duration::from_secs(30), || {
        get(up.port(), "demo.localhost", "/join").filter(|page| page.code == 200)
    });
    let list = house.run("instance list").ok();
    assert!(list.out.contains("damaged") && list.out.contains("demo"), "{list:?}");
    let json = house.run("instance list --json").ok().json();
    let of = |name: &str| {
        json.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap()["phase"].clone()
    };
    assert_eq!((of("friday"), of("demo")), ("damaged".into(), "on".into()));
    let page = get(up.port(), "friday.localhost", "/join").unwrap();
    assert!(
        page.code == 500 && page.body.contains("record is damaged"),
        "{}: {}",
        page.code,
        page.body
    );
    assert_eq!(get(up.port(), "monday.localhost", "/join").unwrap().code, 404);
    house.run("instance show friday").failed(9, "refractory record");
    house.run("instance start friday").failed(9, "refractory record");
    let doctor = house.run("doctor");
    for kind in ["instance", "license", "user", "event"] {
        assert!(doctor.out.contains(&format!("The record of the {kind}")), "{kind}: {doctor:?}");
    }
    let shown = house.run("record list --json").ok().json();
    assert!(shown.as_array().unwrap().iter().any(|row| row["id"] == friday.as_str()), "{shown}");
    let text = house.run(&format!("record show instance {friday}")).ok().out;
    assert!(text.contains("friday") && text.contains('{'), "{text}");
    // The key stays taken, under whatever name it is added.
    house.tell("license add other", testkit::foundry::LICENSE_KEY).failed(4, "already");
    house.run(&format!("record remove instance {friday} --confirm x")).failed(2, "--confirm");
    house.run(&format!("record remove instance {friday} --confirm {friday}")).ok();
    house.run("record remove instance demo --confirm demo").failed(3, "no damaged record");
    for row in shown.as_array().unwrap().iter().filter(|row| row["kind"] != "instance") {
        let (kind, id) = (row["kind"].as_str().unwrap(), row["id"].as_str().unwrap());
        house.run(&format!("record remove {kind} {id} --confirm {id}")).ok();
    }
    assert_eq!(house.run("record list --json").ok().out.trim(), "[]");
    house.tell("license add other", testkit::foundry::LICENSE_KEY).ok();
    assert_eq!(house.table("demo")["phase"], "on");
}

#[test]
fn a_record_that_is_mended_by_hand_is_taken_up_by_a_running_service() {
    let house = House::new();
    let up = house.up("--demo");
    let reached = || get(up.port(), "demo.localhost", "/join").filter(|page| page.code == 200);
    soon(Duration::from_mins(1), reached);
    drop(up);
    let database = house.data().join("refractory.db");
    let set = |format| format!("UPDATE record SET format = {format} WHERE kind = 'instance'");
    rewrite(&database, &set(99));
    let up = house.up("");
    let page = |code| get(up.port(), "demo.localhost", "/join").filter(|page| page.code == code);
    soon(Duration::from_secs(30), || page(500));
    rewrite(&database, &set(2));
    soon(Duration::from_secs(30), || page(200));
}

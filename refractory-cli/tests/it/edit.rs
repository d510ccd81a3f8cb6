//! Changing a table, giving it to another, and what the audit log says about it.
use serde_json::json;

use crate::house::House;

fn edit(house: &House, args: &[&str]) -> std::process::Output {
    let all = ["instance", "edit", "friday", "--json"].into_iter().chain(args.iter().copied());
    house.command(all).output().unwrap()
}

#[test]
fn what_is_not_named_stays_and_a_table_is_given_to_another() {
    let house = House::new();
    house.run("user add anna --role admin --link").ok();
    house.run("user add jane --role game-master --link").ok();
    house
        .run("instance create friday --title Friday --world barovia --memory 2GiB --owner anna")
        .ok();
    let shown = || without_counters(house.table("friday"));
    let before = shown();
    assert_eq!(before["owner"], "anna");
    assert!(edit(&house, &["--owner", "jane"]).status.success());
    let mut expected = before.clone();
    expected["owner"] = json!("jane");
    assert_eq!(shown(), expected);
    assert!(edit(&house, &["--world", ""]).status.success());
    expected["world"] = json!(null);
    assert_eq!(shown(), expected);
    assert!(edit(&house, &["--world", "strahd", "--owner", ""]).status.success());
    (expected["world"], expected["owner"]) = (json!("strahd"), json!(null));
    assert_eq!(shown(), expected);
    assert!(house.run("instance show friday").ok().out.contains("strahd"));
    house.run("instance edit friday").failed(2, "Name at least one setting");
    house.run("event list -n 0").failed(2, "");
    house.run("instance edit friday --owner nobody").failed(3, "There is no user named `nobody`");
    house.run("instance edit friday --memory lots").failed(2, "");
    house.run("instance edit friday --cpus many").failed(2, "1.5");
    house.run("instance edit friday --release 12.1").failed(3, "");
    house.run("instance edit friday --wrold x").failed(2, "--wrold");
    let log = house.run("event list").ok().out;
    assert!(log.contains("operator made jane the owner of Friday."), "{log}");
    assert!(log.contains("operator changed world of Friday."), "{log}");
    assert!(log.contains("operator made a sign-in link for jane."), "{log}");
    let owners = house.run("event list --kind owner-changed --json").ok().json();
    assert_eq!(owners.as_array().unwrap().len(), 2, "{owners}");
    assert_eq!((&owners[0]["via"], &owners[0]["kind"]), (&json!("cli"), &json!("owner-changed")));
    assert_eq!(owners[1]["details"]["to"]["name"], "jane", "{owners}");
    house.run("event list --user nobody").failed(3, "There is no user named `nobody`");
    let of_jane = house.run("event list --user jane --json").ok().json();
    assert_eq!(of_jane, json!([]), "she did nothing");
    house.run("user role jane admin").ok();
    house.run("user sign-out jane").ok();
    let log = house.run("event list -n 2").ok().out;
    assert!(log.contains("operator signed jane out everywhere."), "{log}");
    assert!(
        log.contains("operator changed the role of jane to admin. It was game-master."),
        "{log}"
    );
    house.run("user role anna player").ok();
    house.run("user role jane player").failed(4, "last administrator");
}

/// What is shown of a table, without what counts its changes.
fn without_counters(mut table: serde_json::Value) -> serde_json::Value {
    table["generation"] = json!(0);
    table["revision"] = json!(0);
    table
}

//! The verbs beside a running `up`.
use crate::house::House;
use crate::http::get;

const KEY: &str = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX";

#[test]
fn accounts_are_added_changed_and_removed() {
    let house = House::new();
    let up = house.up("");
    assert!(up.said["link"].as_str().unwrap().contains("/setup?token="));
    house.tell("user add Jane", "short").failed(2, "Use at least 12.");
    house.tell("user add Jane", "correct horse battery").ok();
    house.run("user add bob --link --role game-master").ok();
    let users = house.run("user list --json").ok().json();
    let roles: Vec<_> =
        users.as_array().unwrap().iter().map(|user| user["role"].as_str()).collect();
    assert_eq!(
        roles,
        [Some("game-master"), Some("admin")],
        "the first account is an administrator"
    );
    house.run("user role jane player").failed(4, "last administrator");
    house.run("user role bob admin").ok();
    house.run("user remove jane").ok();
    house.run("user link jane").failed(3, "no user named `jane`");
    let link = house.run("user link bob --json").ok().json();
    let path =
        link["link"].as_str().unwrap().split_once(&up.port().to_string()).unwrap().1.to_owned();
    let answer = get(up.port(), "localhost", &path).unwrap();
    assert!(answer.code < 400, "{answer:?}");
    house.tell("user passwd bob", "another good one").ok();
}

#[test]
fn licenses_are_added_accepted_and_removed_and_never_shown() {
    let house = House::new();
    let added = house.tell("license add club", KEY).ok();
    assert!(added.out.contains("license accept") && !added.out.contains("EFGH"), "{added:?}");
    house.tell("license add other", KEY).failed(4, "already");
    house.run("license rename club main").ok();
    house.run("license accept main").failed(5, "--yes-i-accept");
    let mut command = house.command(["license", "accept", "main", "--yes-i-accept", "Jane Doe"]);
    let accepted = command.output().unwrap();
    let said = String::from_utf8(accepted.stderr).unwrap();
    assert!(accepted.status.success() && said.contains("https://foundryvtt.com/"), "{said}");
    let all = house.run("license list --json").ok().json();
    assert_eq!(all[0]["accepted_by"], "Jane Doe");
    assert!(!all.to_string().contains("EFGH"));
    house.run("license remove main").ok();
    let left = house.run("license list").ok().out;
    assert!(left.contains("No licenses."), "{left}");
}

#[test]
fn releases_are_listed_and_removed_when_no_table_needs_them() {
    let house = House::new();
    let _up = house.up("--demo");
    let version =
        house.run("release list --json").ok().json()[0]["version"].as_str().unwrap().to_owned();
    house
        .run(&format!("release remove {version}"))
        .failed(4, "Choose another release for it first");
    house.run("release remove 9.999").failed(3, "no release `9.999`");
    house.run("instance delete demo --confirm demo --wait").ok();
    house.run(&format!("release remove {version}")).ok();
}

#[test]
fn a_table_is_renamed_and_found_under_its_new_name() {
    let house = House::new();
    let up = house.up("--demo");
    house.run("instance start demo --wait").ok();
    house.run("instance rename demo evening").ok();
    house.run("instance show demo").failed(3, "no table `demo`");
    let shown = house.run("instance show evening").ok().out;
    assert!(shown.contains(&format!("http://evening.localhost:{}/", up.port())), "{shown}");
    house.run("instance create evening").failed(4, "already");
}

#[test]
fn worker_and_doctor_know_of_the_running_up() {
    let house = House::new();
    let up = house.up("");
    let workers = house.run("worker list --json").ok().json();
    assert_eq!(workers.as_array().unwrap().len(), 1);
    let said = house.run("doctor --json");
    let findings = said.json();
    let of = |about: &str| {
        let found = findings.as_array().unwrap().iter().find(|finding| finding["about"] == about);
        found.unwrap_or_else(|| panic!("{about}: {findings}"))["state"].as_str().unwrap().to_owned()
    };
    for about in ["configuration", "data folder", "database", "key file", "worker", "portal"] {
        assert_eq!(of(about), "fine", "{about}");
    }
    assert!(findings.to_string().contains(&up.port().to_string()));
    assert_eq!(said.code, 0, "{findings}");
}

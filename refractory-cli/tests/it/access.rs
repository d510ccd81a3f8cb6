//! Groups, grants and states of users, at the prompt.
use serde_json::json;

use crate::house::House;

fn names(house: &House, line: &str) -> Vec<String> {
    let all = house.run(line).ok().json();
    all.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn no_group_is_called_as_a_right_is_granted_to_everyone_or_no_one() {
    let house = House::new();
    drop(house.up(""));
    for name in ["no-one", "signed-in", "anyone"] {
        house.run(&format!("group create {name}")).failed(2, "rights are granted with that word");
    }
    house.run("group create crew").ok();
    house.run("group rename crew anyone").failed(2, "rights are granted with that word");
}

#[test]
fn a_group_is_made_filled_granted_a_table_and_deleted() {
    let house = House::new();
    for name in ["anna", "jane", "bob"] {
        house.run(&format!("user add {name} --link")).ok();
    }
    let none = house.run("group list").ok().out;
    assert!(none.contains("No groups. Create one with `refractory group create NAME`."), "{none}");
    let made = house.run("group create Friday.Crew").ok().out;
    assert!(made.contains("The group friday.crew was created."), "{made}");
    house.run("group create friday.crew").failed(4, "already exists");
    house.run("group create -x").failed(2, "unexpected");
    house.run("group create a:b").failed(2, "is not a valid group name");
    let empty = house.run("group show friday.crew").ok().out;
    assert!(
        empty.contains("No members.") && empty.contains("No table grants it a right."),
        "{empty}"
    );
    let added = house.run("group add friday.crew jane --admin").ok().out;
    assert_eq!(added.trim(), "jane is in the group friday.crew as an administrator of it.");
    house.run("group add friday.crew bob anna").ok();
    house.run("group add friday.crew ghost").failed(3, "There is no user named `ghost`");
    house.run("group add nothing bob").failed(3, "There is no group named `nothing`");
    house.run("instance create friday --gm group:friday.crew --view no-one").ok();
    let shown = house.run("group show friday.crew --json").ok().json();
    let users: Vec<_> = shown["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["administrator"].as_bool().unwrap()))
        .collect();
    assert_eq!(users, [("anna", false), ("bob", false), ("jane", true)]);
    let friday = house.table("friday")["id"].clone();
    let granted =
        json!([{ "id": friday, "name": "friday", "title": "friday", "right": "game-master" }]);
    assert_eq!(shown["instances"], granted);
    let people = house.run("group show friday.crew").ok().out;
    assert!(
        people.contains("3 members")
            && people.contains("administrator")
            && people.contains("friday"),
        "{people}"
    );
    let table = house.table("friday");
    assert_eq!(
        table["access"],
        json!({ "view": [], "play": ["anyone"], "game_master": ["group:friday.crew"], "manage": [] })
    );
    house.run("group rename friday.crew crew").ok();
    let shown = house.run("instance show friday").ok().out;
    assert!(shown.contains("group:crew") && shown.contains("no-one"), "{shown}");
    house.run("group remove crew bob").ok();
    house.run("group remove crew bob").failed(3, "is not a member");
    house.run("group delete crew").failed(2, "add `--confirm crew`");
    house.run("group delete crew --confirm no").failed(2, "type its name: `crew`");
    house.run("group delete crew --confirm crew").ok();
    assert_eq!(house.table("friday")["access"]["game_master"], json!([]));
    assert!(names(&house, "group list --json").is_empty());
}

#[test]
fn rights_are_replaced_right_by_right_and_what_is_wrong_is_said() {
    let house = House::new();
    house.run("user add jane --link").ok();
    house.run("group create crew").ok();
    house.run("instance create friday").ok();
    let edited = house
        .run("instance edit friday --view group:crew --view user:jane --manage user:jane")
        .ok();
    assert!(edited.out.contains("Rights take effect at once."), "{edited:?}");
    assert_eq!(house.table("friday")["access"]["view"], json!(["group:crew", "user:jane"]));
    assert_eq!(house.table("friday")["access"]["play"], json!(["anyone"]), "it was not named");
    let closed = house.run("instance edit friday --play group:crew").ok();
    assert!(closed.err.contains("no one can join `friday`"), "{closed:?}");
    let opened = house.run("instance edit friday --play anyone --view no-one").ok();
    assert!(!opened.err.contains("no one can join"), "{opened:?}");
    assert_eq!(house.table("friday")["access"]["view"], json!([]));
    for (flags, code, sentence) in [
        ("--view everyone", 2, "`everyone` is not someone that a right can be granted to"),
        ("--gm anyone", 2, "can't be granted to anyone"),
        ("--view group:nothing", 3, "There is no group named `nothing`"),
        ("--manage user:nobody", 3, "There is no user named `nobody`"),
        ("--view no-one --view user:jane", 2, "`no-one` stands alone"),
    ] {
        house.run(&format!("instance edit friday {flags}")).failed(code, sentence);
    }
    let many: Vec<_> = (0..31).map(|n| format!("user{n}")).collect();
    for name in &many {
        house.run(&format!("group create {name}")).ok();
    }
    let flags = format!(" --view group:{}", many.join(",group:"));
    house.run(&format!("instance edit friday{flags}")).failed(2, "at most 30 groups and users");
    house.run("instance create other --view no-one --play no-one").ok();
    house.run("instance edit friday").failed(2, "Name at least one setting to change");
}

#[test]
fn a_user_is_disabled_enabled_and_changed() {
    let house = House::new();
    house.run("user add anna --role admin --link").ok();
    house.run("user add jane --link").ok();
    house.run("user disable anna").failed(4, "last administrator");
    let out = house.run("user disable jane").ok().out;
    assert_eq!(out.trim(), "jane is signed out everywhere and can't sign in.");
    house.run("user link jane").failed(4, "Enable the account first");
    let listed = house.run("user list").ok().out;
    assert!(listed.contains("STATE") && listed.contains("disabled"), "{listed}");
    house.run("user enable jane").ok();
    house.run("user link jane").ok();
    house.run("user edit jane --email jane@example.com --locale en-GB").ok();
    house.run("user edit jane --email nonsense").failed(2, "not an e-mail address");
    house.run("user edit jane").failed(2, "--email");
    let cleared = house.run("user edit jane --locale= --json").ok().json();
    assert_eq!(
        (&cleared["email"], &cleared["locale"], &cleared["state"]),
        (&json!("jane@example.com"), &json!(null), &json!("active"))
    );
}

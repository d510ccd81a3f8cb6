//! The demonstration.
use serde_json::json;
use testkit::foundry::{Launch, demo_zip};

use super::EXE;
use super::visitor::Visitor;
use super::wire::Wire;

fn demo() -> Launch {
    Launch::of_archive(EXE, demo_zip().unwrap())
}

#[tokio::test]
async fn the_demonstration_needs_no_license_and_comes_up_with_its_own_world() {
    let program = demo().ready().await;
    let mut person = Visitor::of(&program);
    assert_eq!(person.until_active(true).await["world"], "demo-world");
    assert_eq!(person.landing().await, "/join");
    assert!(!program.data().license().exists());
    let data = Wire::of(&person).await.ask("getJoinData", json!([])).await;
    let names: Vec<_> =
        data["users"].as_array().unwrap().iter().map(|user| &user["name"]).collect();
    assert!(names.contains(&&json!("Gamemaster")) && names.contains(&&json!("Ada")));
}

#[tokio::test]
async fn two_people_at_the_demonstration_hear_each_others_dice() {
    let program = demo().ready().await;
    let mut wires = Vec::new();
    for name in ["Ada", "Bram"] {
        let mut person = Visitor::of(&program);
        person.until_landing("/join").await;
        let data = Wire::of(&person).await.ask("getJoinData", json!([])).await;
        let users = data["users"].as_array().unwrap();
        let id = users.iter().find(|user| user["name"] == name).unwrap()["_id"].clone();
        person.post("/join", json!({"action": "join", "userid": id, "userId": id})).await;
        wires.push(Wire::of(&person).await);
    }
    let roll = json!({"content": "rolls 17 on a d20.", "flags": {"roll": 17}});
    let request = json!([{
        "type": "ChatMessage", "action": "create", "operation": {"data": [roll], "parent": null},
    }]);
    wires[0].ask("modifyDocument", request).await;
    let heard = wires[1].event("modifyDocument").await;
    assert_eq!(heard[0]["result"][0]["flags"]["roll"], 17);
    let world = wires[1].ask("world", json!([])).await;
    assert_eq!(world["messages"][0]["content"], "rolls 17 on a d20.");
}

#[tokio::test]
async fn the_demonstration_keeps_its_world_over_a_restart() {
    let mut first = demo().ready().await;
    Visitor::of(&first).until_active(true).await;
    first.term();
    first.ended().await;
    let again = demo().on(first.data()).ready().await;
    assert_eq!(Visitor::of(&again).until_active(true).await["world"], "demo-world");
}

//! `/auth`, `/setup` and what else an administrator does.
use serde_json::json;
use testkit::foundry::{DataFolder, Launch, Version};

use super::visitor::Visitor;
use super::wire::Wire;
use super::{EXE, PASSWORD, V13, V14, WORLD, licensed, playing};

async fn admin(program: &testkit::foundry::StandIn) -> Visitor {
    let mut person = Visitor::of(program);
    person.submit("/auth", &format!("adminPassword={PASSWORD}&action=adminAuth")).await;
    person
}

#[tokio::test]
async fn a_wrong_admin_password_leads_back_and_setup_stays_shut() {
    let program = licensed(V13).ready().await;
    let mut person = Visitor::of(&program);
    assert_eq!(person.submit("/auth", "adminPassword=lachesis").await.location(), "/auth");
    assert_eq!(person.get("/setup").await.location(), "/auth");
    let launch = json!({"action": "launchWorld", "world": WORLD});
    assert_eq!(person.post("/setup", launch).await.status, 403);
}

#[tokio::test]
async fn version_9_knows_the_password_as_a_key_and_no_other_version_does() {
    for version in Version::EACH_GENERATION {
        let program = licensed(version).ready().await;
        let mut person = Visitor::of(&program);
        let by_key = person.submit("/auth", &format!("adminKey={PASSWORD}")).await.location();
        assert_eq!(by_key == "/setup", version.generation == 9, "{version}");
    }
}

#[tokio::test]
async fn the_password_flag_counts_only_where_none_is_set() {
    let flag = |launch: Launch| launch.flag("--adminPassword=clotho");
    let bare = Launch::of(EXE, V13).prepared(DataFolder::with_signed_license);
    let program = flag(bare).ready().await;
    let mut person = Visitor::of(&program);
    assert_eq!(person.submit("/auth", "adminPassword=clotho").await.location(), "/setup");

    let program = flag(licensed(V13)).ready().await;
    let mut person = Visitor::of(&program);
    assert_eq!(person.submit("/auth", "adminPassword=clotho").await.location(), "/auth");
}

#[tokio::test]
async fn without_a_password_setup_is_open_but_nobody_is_an_administrator() {
    let launch =
        Launch::of(EXE, V14).prepared(|data| data.with_signed_license().with_world(WORLD, V14));
    let program = launch.ready().await;
    let mut person = Visitor::of(&program);
    assert_eq!(person.landing().await, "/setup");
    person.post("/setup", json!({"action": "launchWorld", "world": WORLD})).await;
    person.until_active(true).await;
    let shutdown = person.post("/join", json!({"action": "shutdown", "adminPassword": ""})).await;
    assert_eq!(shutdown.status, 403);
}

#[tokio::test]
async fn while_a_world_is_active_auth_is_out_of_reach_up_to_13_and_mute_in_14() {
    let program = playing(V13).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    assert_eq!(
        person.submit("/auth", &format!("adminPassword={PASSWORD}")).await.location(),
        "/join"
    );

    let program = playing(V14).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    assert_eq!(
        person.submit("/auth", &format!("adminPassword={PASSWORD}")).await.location(),
        "/auth"
    );
    let closed = person.post("/join", json!({"action": "shutdown"})).await;
    assert_eq!(closed.json()["status"], "success", "the flag was set all the same");
}

#[tokio::test]
async fn a_saved_configuration_ends_the_process_and_keeps_unknown_fields() {
    let launch = licensed(V13).prepared(|data| data.with_options(&json!({"future": [1]})));
    let mut program = launch.ready().await;
    let mut person = admin(&program).await;
    let saved = json!({"action": "adminConfigure", "language": "de.core"});
    assert_eq!(person.post("/setup", saved).await.status, 200);
    assert_eq!(program.ended().await.code(), Some(0));
    assert!(!program.data().lock().exists());
    let options = std::fs::read_to_string(program.data().options()).unwrap();
    assert!(options.contains("de.core") && options.contains("future"));
    assert!(!options.contains("adminConfigure"));
}

#[tokio::test]
async fn version_14_has_a_way_to_quit_and_version_13_has_not() {
    let mut program = licensed(V14).ready().await;
    assert_eq!(Visitor::of(&program).post("/quit", json!({})).await.status, 403);
    let said = admin(&program).await.post("/quit", json!({})).await;
    assert_eq!(said.json()["status"], "failed");
    assert_eq!(program.ended().await.code(), Some(0));

    let program = licensed(V13).ready().await;
    assert_eq!(admin(&program).await.post("/quit", json!({})).await.status, 404);
}

#[tokio::test]
async fn worlds_are_made_through_setup_up_to_13_and_through_create_in_14() {
    for (version, path) in [(V13, "/setup"), (V14, "/create")] {
        let program = licensed(version).ready().await;
        let mut person = admin(&program).await;
        let world = json!({
            "action": "createWorld", "id": "new", "title": "New", "system": "dice", "launch": false,
        });
        assert_eq!(person.post(path, world.clone()).await.json()["id"], "new", "{version}");
        assert!(program.data().world("new").join("world.json").is_file());
        let clash = person.post(path, world).await;
        assert_eq!(clash.status, 200);
        assert!(clash.json()["error"].as_str().unwrap().contains("already exists"));
    }
}

#[tokio::test]
async fn version_14_launches_a_world_as_it_makes_it() {
    let program = licensed(V14).ready().await;
    let mut person = admin(&program).await;
    let world = json!({"id": "new", "title": "New", "system": "dice", "launch": true});
    person.post("/create", world).await;
    assert_eq!(person.until_active(true).await["world"], "new");
}

#[tokio::test]
async fn an_administrator_may_close_the_world_from_the_setup_page_and_nobody_else() {
    let program = playing(V14).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    assert_eq!(person.post("/setup", json!({"shutdown": true})).await.status, 403);
    person.submit("/auth", &format!("adminPassword={PASSWORD}")).await;
    assert_eq!(person.post("/setup", json!({"shutdown": true})).await.location(), "/setup");
    assert_eq!(person.status().await["active"], false);
}

#[tokio::test]
async fn packages_are_installed_with_progress_but_not_while_a_world_is_active() {
    let install = json!({"action": "installPackage", "type": "module", "id": "dice-tray"});
    let program = licensed(V13).ready().await;
    let mut person = admin(&program).await;
    let mut wire = Wire::of(&person).await;
    person.post("/setup", install.clone()).await;
    let progress = wire.event("progress").await;
    assert_eq!(
        (&progress[0]["action"], &progress[0]["step"]),
        (&json!("installPackage"), &json!("complete"))
    );
    assert_eq!(person.get("/modules/dice-tray/module.json").await.json()["id"], "dice-tray");
    let escaping = json!({"action": "installPackage", "type": "module", "id": "../../Config"});
    assert!(person.post("/setup", escaping).await.json()["error"].is_string());

    let program = playing(V14).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    person.submit("/auth", &format!("adminPassword={PASSWORD}")).await;
    assert_eq!(person.post("/setup", install).await.status, 403);
}

#[tokio::test]
async fn an_edited_world_keeps_the_fields_nobody_touched() {
    let program = licensed(V13).prepared(|data| data.with_world(WORLD, V13)).ready().await;
    let edit = json!({"action": "editWorld", "id": WORLD, "title": "Renamed"});
    admin(&program).await.post("/setup", edit).await;
    let manifest = std::fs::read_to_string(program.data().world(WORLD).join("world.json")).unwrap();
    assert!(manifest.contains("Renamed") && manifest.contains("\"dice\""));
}

//! Launching, migrating, repairing.
use serde_json::json;
use testkit::foundry::{Database, Launch, StandIn, Version, WorldMarker};

use super::visitor::Visitor;
use super::wire::Wire;
use super::{EXE, PASSWORD, V13, V14, WORLD, licensed, playing};

const V11: Version = Version::new(11, 315);

fn marker(program: &StandIn) -> WorldMarker {
    WorldMarker::read(program.data(), WORLD).expect("the world was launched")
}

fn core_version(program: &StandIn) -> String {
    let text = std::fs::read(program.data().world(WORLD).join("world.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&text).unwrap();
    manifest["coreVersion"].as_str().unwrap().to_owned()
}

fn of_older_core(version: Version) -> Launch {
    let launch = licensed(version).prepared(|data| data.with_world(WORLD, V11));
    launch.flag(format!("--world={WORLD}"))
}

#[tokio::test]
async fn a_world_of_an_older_core_is_migrated_and_says_how_far_it_is() {
    let program = licensed(V13).prepared(|data| data.with_world(WORLD, V11)).ready().await;
    let mut person = Visitor::of(&program);
    person.submit("/auth", &format!("adminPassword={PASSWORD}")).await;
    let mut wire = Wire::of(&person).await;
    person.post("/setup", json!({"action": "launchWorld", "world": WORLD})).await;
    let mut steps = Vec::new();
    while steps.last() != Some(&json!("complete")) {
        let progress = wire.event("progress").await.remove(0);
        assert_eq!(progress["action"], "launchWorld");
        steps.push(progress["step"].clone());
    }
    assert!(steps.contains(&json!("connectWorld")) && steps.contains(&json!("migrateWorld")));
    assert_eq!(core_version(&program), "13.351");
    assert_eq!(marker(&program).database, Database::Open);
}

#[tokio::test]
async fn scenario_24_a_migration_that_is_killed_is_remembered_by_the_next_launch() {
    let mut killed = of_older_core(V13).switch("migration", "10s").ready().await;
    killed.line("Migrating world").await;
    killed.kill();
    killed.ended().await;
    assert_eq!(marker(&killed).database, Database::Migrating);
    assert_eq!(core_version(&killed), "11.315");
    let launch = Launch::of(EXE, V13).on(killed.data()).flag(format!("--world={WORLD}"));
    let next = launch.switch("lock_stale", "0").ready().await;
    next.line("left in mid-migration").await;
    next.line("Launched game world").await;
    assert_eq!(marker(&next).broken_migrations, 1);
}

#[tokio::test]
async fn a_world_of_a_newer_core_is_refused() {
    let launch = licensed(V13).prepared(|data| data.with_world(WORLD, V14));
    let program = launch.flag(format!("--world={WORLD}")).ready().await;
    program.line("last used by a newer version").await;
    assert_eq!(Visitor::of(&program).landing().await, "/auth");
    assert_eq!(core_version(&program), "14.364");
}

#[tokio::test]
async fn a_world_that_cannot_be_launched_at_start_kills_old_versions_without_a_word() {
    let mut old = licensed(Version::new(11, 311)).flag("--world=nowhere").ready().await;
    assert_eq!(old.ended().await.code(), Some(1));
    assert!(!old.lines().join("\n").contains("nowhere could not"));

    let new = licensed(Version::new(11, 313)).flag("--world=nowhere").ready().await;
    new.line("The world nowhere could not be launched").await;
    assert_eq!(Visitor::of(&new).landing().await, "/auth");
}

#[tokio::test]
async fn scenario_16_the_marker_tells_a_world_closed_by_request_from_one_closed_by_a_signal() {
    let mut program = playing(V14).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    assert_eq!(marker(&program).database, Database::Open);
    assert_eq!(Some(marker(&program).pid), program.pid());
    person.post("/join", json!({"action": "shutdown", "adminPassword": PASSWORD})).await;
    assert_eq!(marker(&program).database, Database::ClosedByRequest);
    program.term();
    program.ended().await;
    assert_eq!(marker(&program).database, Database::ClosedByRequest);

    let mut program = playing(V14).ready().await;
    Visitor::of(&program).until_active(true).await;
    program.term();
    assert_eq!(program.ended().await.code(), Some(0));
    assert_eq!(marker(&program).database, Database::ClosedBySignal);
}

#[tokio::test]
async fn quitting_closes_the_world_first() {
    let mut program = playing(V14).ready().await;
    let mut person = Visitor::of(&program);
    person.until_active(true).await;
    person.submit("/auth", &format!("adminPassword={PASSWORD}")).await;
    person.post("/quit", json!({})).await;
    assert_eq!(program.ended().await.code(), Some(0));
    assert_eq!(marker(&program).database, Database::ClosedByRequest);
}

#[tokio::test]
async fn scenario_16_after_a_kill_the_next_launch_repairs_and_says_so() {
    let mut killed = playing(V14).ready().await;
    Visitor::of(&killed).until_active(true).await;
    killed.kill();
    killed.ended().await;
    assert_eq!(marker(&killed).database, Database::Open);
    let launch = Launch::of(EXE, V14).on(killed.data()).flag(format!("--world={WORLD}"));
    let next = launch.switch("lock_stale", "0").ready().await;
    next.line("World the-world was not closed; repairing its databases").await;
    Visitor::of(&next).until_active(true).await;
    assert_eq!((marker(&next).launches, marker(&next).repairs), (2, 1));
}

#[tokio::test]
async fn the_answer_to_a_launch_comes_early_or_late_as_told() {
    for (late, takes) in [("false", "1m"), ("true", "100ms")] {
        let launch = licensed(V14).prepared(|data| data.with_world(WORLD, V14));
        let launch = launch.switch("late_launch_reply", late).switch("launch", takes);
        let program = launch.ready().await;
        let mut person = Visitor::of(&program);
        person.submit("/auth", &format!("adminPassword={PASSWORD}")).await;
        person.post("/setup", json!({"action": "launchWorld", "world": WORLD})).await;
        assert_eq!(person.status().await["active"].to_string(), late);
    }
}

#[tokio::test]
async fn a_launch_goes_on_when_whoever_asked_for_it_hangs_up() {
    let launch = licensed(V14).prepared(|data| data.with_world(WORLD, V14));
    let launch = launch.switch("late_launch_reply", "true").switch("active_early", "true");
    let program = launch.switch("launch", "1500ms").ready().await;
    let mut impatient = Visitor::of(&program);
    impatient.submit("/auth", &format!("adminPassword={PASSWORD}")).await;
    let mut other = Visitor::of(&program);
    tokio::select! {
        _ = impatient.post("/setup", json!({"action": "launchWorld", "world": WORLD})) => {
            panic!("the answer was to come late");
        }
        _ = other.until_active(true) => {}
    }
    other.until_landing("/join").await;
}

#[tokio::test]
async fn passwords_are_reset_when_the_manifest_says_so() {
    let launch = playing(V13).prepared(|data| {
        let file = data.world(WORLD).join("world.json");
        let manifest = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, manifest.replacen('{', "{\"resetKeys\": true,", 1)).unwrap();
        data
    });
    let program = launch.ready().await;
    Visitor::of(&program).until_active(true).await;
    let manifest = std::fs::read_to_string(program.data().world(WORLD).join("world.json")).unwrap();
    assert!(!manifest.contains("resetKeys"));
}

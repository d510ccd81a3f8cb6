//! The stand-in on a thread, for tests of crates that cannot name its executable.
use testkit::foundry::{DataFolder, Database, Launch, Version, WorldMarker, executable};

use super::visitor::Visitor;
use super::{V14, WORLD};

fn here() -> Launch {
    let furnish = |data: DataFolder| data.with_signed_license().with_world(WORLD, V14);
    Launch::here(V14).prepared(furnish).flag(format!("--world={WORLD}"))
}

#[tokio::test]
async fn a_stand_in_on_a_thread_is_like_one_in_a_process() {
    for version in Version::EACH_GENERATION {
        let program = Launch::here(version).ready().await;
        let mut person = Visitor::of(&program);
        assert_eq!(person.landing().await, "/license");
        assert_eq!(person.status().await["version"], version.to_string());
    }
}

#[tokio::test]
async fn it_can_be_stopped_and_killed_like_one() {
    let mut stopped = here().ready().await;
    Visitor::of(&stopped).until_active(true).await;
    stopped.term();
    assert_eq!(stopped.ended().await.code(), Some(0));
    assert!(!stopped.data().lock().exists());
    let marker = |data: &DataFolder| WorldMarker::read(data, WORLD).unwrap().database;
    assert_eq!(marker(stopped.data()), Database::ClosedBySignal);

    let mut killed = here().ready().await;
    Visitor::of(&killed).until_active(true).await;
    killed.kill();
    assert!(!killed.ended().await.success());
    assert!(killed.data().lock().is_dir());
    assert_eq!(marker(killed.data()), Database::Open);
    let again = here().on(killed.data()).switch("lock_stale", "0").ready().await;
    Visitor::of(&again).until_active(true).await;
}

#[test]
fn the_executable_is_found_beside_the_test() {
    assert_eq!(
        executable().canonicalize().unwrap(),
        std::path::Path::new(super::EXE).canonicalize().unwrap()
    );
}

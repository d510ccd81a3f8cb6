//! `options.json.lock`.
use testkit::foundry::Launch;

use super::{EXE, V13, licensed};

#[tokio::test]
async fn a_second_program_on_one_folder_is_refused_with_the_known_words() {
    let first = licensed(V13).ready().await;
    assert!(first.data().lock().is_dir());
    let mut second = Launch::of(EXE, V13).on(first.data()).start();
    second
        .line(
            "[error] A fatal error occurred while trying to start the Foundry Virtual Tabletop \
             server: Foundry VTT cannot start in this directory which is already locked by \
             another process.",
        )
        .await;
    assert_eq!(second.ended().await.code(), Some(1));
    assert!(first.data().lock().is_dir());
}

#[tokio::test]
async fn scenario_17_a_killed_program_leaves_a_lock_that_is_refused_while_fresh_and_taken_when_stale()
 {
    let mut killed = licensed(V13).ready().await;
    killed.kill();
    assert!(!killed.ended().await.success());
    assert!(killed.data().lock().is_dir());
    let mut early = Launch::of(EXE, V13).on(killed.data()).start();
    assert_eq!(early.ended().await.code(), Some(1));
    Launch::of(EXE, V13).on(killed.data()).switch("lock_stale", "0").ready().await;
}

#[tokio::test]
async fn a_lock_is_refreshed_while_its_holder_lives() {
    let program = licensed(V13).switch("lock_refresh", "50ms").ready().await;
    let touched = || std::fs::metadata(program.data().lock()).unwrap().modified().unwrap();
    let first = touched();
    while touched() == first {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_lock_that_was_taken_away_kills_the_program() {
    let mut program = licensed(V13).switch("lock_refresh", "50ms").ready().await;
    std::fs::remove_dir(program.data().lock()).unwrap();
    program.line("ECOMPROMISED").await;
    assert_eq!(program.ended().await.code(), Some(1));
}

#[tokio::test]
async fn an_orderly_end_gives_the_lock_back_unless_told_to_keep_it() {
    for keeps in [false, true] {
        let launch = licensed(V13).switch("keep_lock", if keeps { "true" } else { "false" });
        let mut program = launch.ready().await;
        program.term();
        assert_eq!(program.ended().await.code(), Some(0));
        assert_eq!(program.data().lock().exists(), keeps);
    }
}

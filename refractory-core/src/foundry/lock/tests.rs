use super::*;
use crate::{Clock, SystemClock};

fn locked() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("options.json.lock")).unwrap();
    folder
}

fn in_seconds(seconds: u64) -> Timestamp {
    SystemClock.now().after(Duration::from_secs(seconds))
}

fn is_locked(folder: &tempfile::TempDir) -> bool {
    folder.path().join("options.json.lock").exists()
}

#[tokio::test]
async fn scenario_17_a_stale_lock_goes_with_proof_that_its_holder_is_dead() {
    let folder = locked();
    assert!(clear_lock(folder.path(), Holder::Dead, in_seconds(0)).await.unwrap());
    assert!(!is_locked(&folder));
    assert!(!clear_lock(folder.path(), Holder::Dead, in_seconds(0)).await.unwrap());
}

#[tokio::test]
async fn scenario_17_a_fresh_lock_without_proof_is_respected() {
    let folder = locked();
    let error = clear_lock(folder.path(), Holder::Unknown, in_seconds(0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.is_transient() && error.wait_hint().is_some());
    assert!(is_locked(&folder));
}

#[tokio::test]
async fn scenario_17_a_lock_that_only_looks_stale_is_left_for_the_program_to_judge() {
    let folder = locked();
    assert!(clear_lock(folder.path(), Holder::Unknown, in_seconds(60)).await.unwrap());
    assert!(is_locked(&folder), "age is no proof");
}

#[tokio::test]
async fn what_is_not_a_lock_is_never_removed() {
    let folder = locked();
    std::fs::write(folder.path().join("options.json.lock/precious"), "x").unwrap();
    assert!(clear_lock(folder.path(), Holder::Dead, in_seconds(0)).await.is_err());
    assert!(folder.path().join("options.json.lock/precious").exists());
}

//! Scenario 18: a folder that cannot carry a world's databases is found out before a world is opened on it.
use std::process::Command;

const PROBE: &str = env!("CARGO_BIN_EXE_probe-leveldb");

#[test]
fn scenario_18_a_folder_that_carries_databases_passes_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(PROBE).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    for step in [
        "open",
        "write",
        "refuse a second opener",
        "compact",
        "close and open again",
        "read everything",
    ] {
        assert!(told.contains(step), "{told}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn scenario_18_a_folder_without_locks_or_room_is_refused_with_the_reason() {
    let refused =
        testkit::probe::level_db(tempfile::tempdir().unwrap().path(), |_| true).unwrap_err();
    assert!(refused.contains("locks do not hold"), "{refused}");
    let output = Command::new(PROBE).arg("/proc").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("opening failed"));
}

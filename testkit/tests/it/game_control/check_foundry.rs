//! The program that checks a real release, with the stand-in as the real one.
use std::path::Path;
use std::process::Stdio;

use testkit::foundry::{LICENSE_KEY, Layout, release_zip};
use tokio::process::Command;

use super::{EXE, version};

/// Runs the program; says how it ended, and what it printed.
async fn check(release: &Path, flags: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_check-foundry"))
        .arg("--release")
        .arg(release)
        .args(["--license", LICENSE_KEY, "--node", EXE])
        .args(flags)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn release(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("release.zip");
    std::fs::write(&path, release_zip(version(13), Layout::Node).unwrap()).unwrap();
    path
}

#[tokio::test]
async fn every_clause_is_checked_against_a_release() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = check(&release(folder.path()), &["--accept-eula"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("passed ").count(), 19, "{said}");
}

#[tokio::test]
async fn nothing_is_accepted_for_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = check(&release(folder.path()), &[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("passed ").count(), 3, "{said}");
    assert_eq!(said.matches("needs --accept-eula").count(), 16, "{said}");
}

#[tokio::test]
async fn what_is_no_release_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("release.zip");
    std::fs::write(&path, "not a zip").unwrap();
    let (code, said) = check(&path, &[]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("not a zip archive"), "{said}");
}

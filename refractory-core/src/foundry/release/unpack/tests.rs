use std::sync::Mutex;

use super::super::sample::Sample;
use std::sync::Arc;

use super::*;
use crate::ErrorKind;

fn silent(_: Unpacking) {}

fn sample(folder: &Path) -> PathBuf {
    let zip = folder.join("f.zip");
    let release = Sample::foundry("13.351")
        .with_program("node_modules/tool/cli.js")
        .with_link("node_modules/.bin/tool", "../tool/cli.js");
    fs::write(&zip, release.bytes()).unwrap();
    zip
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_release_is_unpacked_with_its_programs_and_links() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let zip = sample(folder.path());
    let into = folder.path().join("cache/13.351");
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    unpack(&zip, &into, Limits::default(), move |step| ear.lock().unwrap().push(step))
        .await
        .unwrap();
    assert!(is_unpacked(&into));
    assert_eq!(fs::read(into.join("main.js")).unwrap(), b"// server");
    let cli = fs::metadata(into.join("node_modules/tool/cli.js")).unwrap();
    assert_eq!(cli.permissions().mode() & 0o7777, 0o755, "executable, and nothing more");
    assert_eq!(fs::read(into.join("node_modules/.bin/tool")).unwrap(), b"#!/bin/sh");
    let last = *told.lock().unwrap().last().unwrap();
    assert_eq!(last.done, last.total);
    assert_eq!(names(&folder.path().join("cache")), [".unpacking.lock", "13.351"]);
}

#[tokio::test]
async fn unpacking_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let zip = sample(folder.path());
    let into = folder.path().join("r");
    unpack(&zip, &into, Limits::default(), silent).await.unwrap();
    fs::write(into.join("mine"), b"kept").unwrap();
    unpack(&zip, &into, Limits::default(), silent).await.unwrap();
    assert!(into.join("mine").exists());
}

#[tokio::test]
async fn what_a_crash_left_half_done_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let zip = sample(folder.path());
    let into = folder.path().join("r");
    fs::create_dir_all(into.join("half")).unwrap();
    fs::create_dir_all(folder.path().join(".r.part-abc")).unwrap();
    unpack(&zip, &into, Limits::default(), silent).await.unwrap();
    assert!(is_unpacked(&into) && !into.join("half").exists());
    assert_eq!(names(folder.path()), [".unpacking.lock", "f.zip", "r"]);
}

#[tokio::test]
async fn a_refused_archive_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("f.zip");
    let mut bytes = Sample::foundry("13.351").with("zz", &[7; 100]).bytes();
    let at = bytes.windows(2).position(|w| w == b"zz").unwrap() + 3;
    bytes[at] ^= 0xff;
    fs::write(&zip, bytes).unwrap();
    let into = folder.path().join("r");
    let error = unpack(&zip, &into, Limits::default(), silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(names(folder.path()), [".unpacking.lock", "f.zip"]);
}

#[tokio::test]
async fn two_at_once_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let zip = sample(folder.path());
    let into = folder.path().join("r");
    let (one, two) = tokio::join!(
        unpack(&zip, &into, Limits::default(), silent),
        unpack(&zip, &into, Limits::default(), silent),
    );
    one.unwrap();
    two.unwrap();
    assert!(is_unpacked(&into));
}

#[tokio::test]
async fn a_dropped_unpacking_stops_and_leaves_nothing_under_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let zip = sample(folder.path());
    let into = folder.path().join("r");
    let (began, wait) = std::sync::mpsc::channel();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let job = unpack(&zip, &into, Limits::default(), move |_| {
        let _ = began.send(());
        let _ = gone.recv();
    });
    {
        let mut job = std::pin::pin!(job);
        let first = tokio::time::timeout(std::time::Duration::from_millis(50), &mut job).await;
        assert!(first.is_err());
        wait.recv().unwrap();
    }
    drop(go);
    unpack(&zip, &into, Limits::default(), silent).await.unwrap();
    assert!(is_unpacked(&into));
}

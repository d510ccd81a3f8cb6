use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use super::FolderStorage;
use crate::ports::{Observed, VolumeSpec, WorldStorage};
use crate::{ErrorKind, InstanceId, SystemClock};

fn storage(place: &Path) -> FolderStorage {
    for name in ["data", "trash", "logs"] {
        fs::create_dir_all(place.join(name)).unwrap();
    }
    FolderStorage::new(place.join("data"), place.join("trash"), Arc::new(SystemClock))
        .with_beside(place.join("logs"))
}

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

const FREE: VolumeSpec = VolumeSpec { quota: None, release: None };

#[tokio::test]
async fn a_volume_keeps_its_files_through_every_ensure() {
    let place = tempfile::tempdir().unwrap();
    let storage = storage(place.path());
    assert_eq!(storage.observe(&id("a")).await.unwrap(), Observed::Absent);
    assert!(matches!(storage.ensure(&id("a"), &FREE).await.unwrap(), Observed::Ready(_)));
    fs::write(place.path().join("data/a/world"), "x").unwrap();
    let limited = VolumeSpec { quota: Some(1000), ..FREE };
    let Observed::Ready(volume) = storage.ensure(&id("a"), &limited).await.unwrap() else {
        panic!("not ready")
    };
    assert_eq!(volume.usage.unwrap().quota, Some(1000));
    assert_eq!(fs::read_to_string(place.path().join("data/a/world")).unwrap(), "x");
    assert_eq!(storage.list().await.unwrap(), vec![id("a")]);
}

#[tokio::test]
async fn a_full_volume_is_refused_with_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir_all(place.path().join("data/a")).unwrap();
    fs::write(place.path().join("data/a/map"), vec![0; 3 << 20]).unwrap();
    let limited = VolumeSpec { quota: Some(2 << 20), ..FREE };
    let error = storage(place.path()).ensure(&id("a"), &limited).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted);
    let says = error.for_people();
    assert!(says.contains("4 MiB, but its limit is 2 MiB"), "{says}");
}

#[tokio::test]
async fn removal_takes_what_lies_beside_and_no_other_volume() {
    let place = tempfile::tempdir().unwrap();
    let storage = storage(place.path());
    for name in ["a", "b"] {
        storage.ensure(&id(name), &FREE).await.unwrap();
        fs::create_dir_all(place.path().join("logs").join(name)).unwrap();
    }
    for _ in 0..2 {
        assert_eq!(storage.remove(&id("a")).await.unwrap(), Observed::Absent);
    }
    assert!(!place.path().join("data/a").exists() && !place.path().join("logs/a").exists());
    assert!(place.path().join("data/b").exists() && place.path().join("logs/b").exists());
    assert_eq!(fs::read_dir(place.path().join("trash")).unwrap().count(), 0);
}

#[tokio::test]
async fn removal_of_much_is_cut_into_bounded_calls() {
    let place = tempfile::tempdir().unwrap();
    let storage = storage(place.path());
    storage.ensure(&id("a"), &FREE).await.unwrap();
    for folder in 0..8 {
        let folder = place.path().join(format!("data/a/{folder}"));
        fs::create_dir(&folder).unwrap();
        (0..800).for_each(|file| fs::write(folder.join(file.to_string()), "").unwrap());
    }
    assert!(matches!(storage.remove(&id("a")).await.unwrap(), Observed::Pending(_)));
    assert!(matches!(storage.observe(&id("a")).await.unwrap(), Observed::Pending(_)));
    assert!(storage.list().await.unwrap().is_empty());
    assert_eq!(storage.remove(&id("a")).await.unwrap(), Observed::Absent);
}

#[tokio::test]
async fn links_are_never_followed() {
    let place = tempfile::tempdir().unwrap();
    let storage = storage(place.path());
    let outside = place.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "x").unwrap();
    storage.ensure(&id("a"), &FREE).await.unwrap();
    symlink(&outside, place.path().join("data/a/link")).unwrap();
    assert_eq!(storage.remove(&id("a")).await.unwrap(), Observed::Absent);
    symlink(&outside, place.path().join("data/b")).unwrap();
    for error in [
        storage.remove(&id("b")).await.unwrap_err(),
        storage.ensure(&id("b"), &FREE).await.unwrap_err(),
        storage.observe(&id("b")).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Forbidden);
    }
    assert!(storage.list().await.unwrap().is_empty());
    assert!(outside.join("precious").exists());
}

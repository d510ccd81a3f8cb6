use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::time::Duration;

use super::LocalArchives;
use crate::model::{Instance, NewInstance, Release, Slug};
use crate::ports::Collection;
use crate::ports::{ArchiveInfo, ArchiveSource, Archives, Observed};
use crate::{ErrorKind, InstanceId, MemoryStore, Timestamp};

fn zip(build: u32) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let package = format!(
        r#"{{"name":"foundryvtt","release":{{"generation":13,"build":{build},"node_version":20}}}}"#
    );
    for (name, text) in [("package.json", package.as_str()), ("main.mjs", ""), ("main.js", "")] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn file(place: &Path, bytes: &[u8]) -> ArchiveSource {
    let path = place.join("download.zip");
    fs::write(&path, bytes).unwrap();
    ArchiveSource::File(path)
}

fn archives(place: &Path) -> LocalArchives {
    fs::create_dir_all(place.join("releases")).unwrap();
    LocalArchives::new(place.join("releases"))
}

fn release(info: &ArchiveInfo) -> Release {
    Release {
        id: info.id.clone(),
        version: info.version,
        layout: info.layout,
        program: info.program,
        node_major: info.node_major,
        size: info.size,
        added: Timestamp::default(),
        revision: 0,
    }
}

async fn unpacked(archives: &LocalArchives, release: &Release) -> std::path::PathBuf {
    for _ in 0..500 {
        match archives.script(release).unwrap() {
            Observed::Ready(script) => return script,
            Observed::Pending(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            other @ (Observed::Absent | Observed::Broken(_)) => panic!("{other:?}"),
        }
    }
    panic!("never unpacked");
}

#[tokio::test]
async fn the_same_bytes_are_one_archive_and_it_is_listed_after_a_restart() {
    let place = tempfile::tempdir().unwrap();
    let source = file(place.path(), &zip(351));
    let info = archives(place.path()).add(&source).await.unwrap();
    assert_eq!(archives(place.path()).add(&source).await.unwrap(), info);
    assert_eq!(archives(place.path()).list().await.unwrap(), vec![info.clone()]);
    fs::remove_file(place.path().join(format!("releases/{}.json", info.id))).unwrap();
    assert_eq!(archives(place.path()).list().await.unwrap(), vec![info]);
}

#[tokio::test]
async fn what_is_no_release_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let archives = archives(place.path());
    let whole = zip(351);
    for bad in [&b"hello"[..], &whole[..whole.len() / 2], b""] {
        let error = archives.add(&file(place.path(), bad)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    }
    let missing = ArchiveSource::File(place.path().join("nowhere.zip"));
    let error = archives.add(&missing).await.unwrap_err();
    assert!(error.for_people().contains("Check the path"), "{error:?}");
    assert_eq!(fs::read_dir(place.path().join("releases")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_release_is_unpacked_once_and_removed_with_its_archive() {
    let place = tempfile::tempdir().unwrap();
    let archives = archives(place.path());
    let info = archives.add(&file(place.path(), &zip(351))).await.unwrap();
    let script = unpacked(&archives, &release(&info)).await;
    assert!(script.ends_with(format!("{}/main.js", info.id)));
    assert_eq!(
        unpacked(&LocalArchives::new(place.path().join("releases")), &release(&info)).await,
        script
    );
    for _ in 0..2 {
        archives.remove(&info.id).await.unwrap();
    }
    assert!(!script.exists());
    assert!(archives.list().await.unwrap().is_empty());
    assert!(
        archives.script(&release(&info)).is_ok_and(|seen| matches!(seen, Observed::Pending(_)))
    );
}

#[tokio::test]
async fn only_trees_that_nothing_is_pinned_to_are_collected() {
    let place = tempfile::tempdir().unwrap();
    let archives = archives(place.path());
    let store = MemoryStore::default();
    let mut kept = Vec::new();
    for build in [351, 352] {
        let info = archives.add(&file(place.path(), &zip(build))).await.unwrap();
        kept.push((unpacked(&archives, &release(&info)).await, info));
    }
    let slug = Slug::new("a-table").unwrap();
    let mut instance =
        Instance::new(InstanceId::fresh(), NewInstance::named(slug), Timestamp::default());
    instance.release = Some(kept[0].1.id.clone());
    Collection::of(&store).insert(&instance).await.unwrap();
    assert_eq!(archives.collect(&store).await.unwrap(), 1);
    assert!(kept[0].0.exists() && !kept[1].0.exists());
    assert_eq!(archives.list().await.unwrap().len(), 2);
}

use super::super::sample::Sample;
use super::super::{inspect, is_unpacked, read_archive, unpack};
use super::*;
use crate::ErrorKind;
use crate::model::{Layout, Version};

const PACKAGE: &str = r#"{"name":"foundryvtt","release":{"generation":13,"build":351}}"#;

/// The release below `root`, with what a Mac puts beside it where `mac` says so.
fn packed(root: &str, mac: bool) -> Vec<u8> {
    let sample = Sample::empty()
        .with(&format!("{root}package.json"), PACKAGE.as_bytes())
        .with(&format!("{root}main.js"), b"// server")
        .with(&format!("{root}public/scripts/foundry.js"), b"// client")
        .with_program(&format!("{root}node_modules/tool/cli.js"))
        .with_link(&format!("{root}node_modules/.bin/tool"), "../tool/cli.js");
    if !mac {
        return sample.bytes();
    }
    sample
        .with(&format!("__MACOSX/{root}._main.js"), b"x")
        .with(&format!("{root}public/.DS_Store"), b"x")
        .with(".DS_Store", b"x")
        .bytes()
}

/// What is in the archive after it was put back, and whether that was needed.
async fn put_back(bytes: &[u8]) -> (tempfile::TempDir, PathBuf, bool) {
    let folder = tempfile::tempdir().unwrap();
    let (from, into) = (folder.path().join("from.zip"), folder.path().join("into.zip"));
    std::fs::write(&from, bytes).unwrap();
    let done = repack_archive(from.clone(), into.clone(), Limits::default()).await.unwrap();
    let kept = if done { into } else { from };
    (folder, kept, done)
}

fn windows(root: &str) -> Vec<u8> {
    let name = |name: &str| format!("{root}{name}").replace('/', "\\");
    Sample::empty()
        .with(&name("package.json"), PACKAGE.as_bytes())
        .with(&name("main.js"), b"// server")
        .with(&name("public/scripts/foundry.js"), b"// client")
        .with(&name("node_modules/tool/cli.js"), b"#!/bin/sh")
        .bytes()
}

#[tokio::test]
async fn an_archive_as_it_was_downloaded_stays_as_it_is() {
    for root in ["", "resources/app/"] {
        let (_folder, _, done) = put_back(&packed(root, false)).await;
        assert!(!done, "{root}");
    }
}

#[tokio::test]
async fn what_was_packed_anew_is_stored_and_unpacked_as_the_vendor_packs_it() {
    let rows = [
        (packed("", true), Layout::Node),
        (packed("FoundryVTT-Node-13.351/", false), Layout::Node),
        (packed("FoundryVTT/", true), Layout::Node),
        (packed("FoundryVTT/FoundryVTT/", true), Layout::Node),
        (packed("./", false), Layout::Node),
        (packed("./resources/app/", false), Layout::Electron),
        (packed("FoundryVTT-13.351/resources/app/", true), Layout::Electron),
        (windows(""), Layout::Node),
        (windows("resources/app/"), Layout::Electron),
        (windows("Foundry VTT/resources/app/"), Layout::Electron),
    ];
    for (at, (bytes, layout)) in rows.into_iter().enumerate() {
        let (folder, kept, done) = put_back(&bytes).await;
        assert!(done, "{at}");
        let info = read_archive(kept.clone(), Limits::default()).await.unwrap();
        assert_eq!((info.version, info.layout), (Version::new(13, 351), layout), "{at}");
        let mut archive = zip::ZipArchive::new(File::open(&kept).unwrap()).unwrap();
        let main = format!("{}main.js", layout.root());
        assert!(archive.by_name(&main).is_ok(), "{at}: others unpack it by its names");
        let tree = folder.path().join("tree");
        unpack(&kept, &tree, Limits::default(), |_| {}).await.unwrap();
        assert!(is_unpacked(&tree));
        let server = tree.join(layout.root());
        assert_eq!(std::fs::read(server.join("main.js")).unwrap(), b"// server", "{at}");
        assert_eq!(std::fs::read(server.join("node_modules/tool/cli.js")).unwrap(), b"#!/bin/sh");
        assert!(
            !tree.join("__MACOSX").exists() && !server.join("public/.DS_Store").exists(),
            "{at}"
        );
    }
}

#[tokio::test]
async fn programs_and_links_survive() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, kept, _) = put_back(&packed("FoundryVTT/", true)).await;
    let tree = folder.path().join("tree");
    unpack(&kept, &tree, Limits::default(), |_| {}).await.unwrap();
    let mode =
        std::fs::metadata(tree.join("node_modules/tool/cli.js")).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111);
    let link = std::fs::read_link(tree.join("node_modules/.bin/tool")).unwrap();
    assert_eq!(link, Path::new("../tool/cli.js"));
}

#[tokio::test]
async fn packed_anew_twice_is_the_same_release() {
    let bytes = packed("FoundryVTT/", true);
    let (_one, first, _) = put_back(&bytes).await;
    let (_two, second, _) = put_back(&bytes).await;
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());
    let (_three, _, again) = put_back(&std::fs::read(&first).unwrap()).await;
    assert!(!again, "what was put back needs nothing");
}

#[tokio::test]
async fn a_folder_around_hides_nothing_hostile() {
    for evil in
        ["FoundryVTT/../../evil", "FoundryVTT\\..\\..\\evil", "..\\evil", "\\evil", "C:\\evil"]
    {
        let bytes = Sample::release("FoundryVTT/", PACKAGE).with(evil, b"x").bytes();
        let folder = tempfile::tempdir().unwrap();
        let (from, into) = (folder.path().join("f.zip"), folder.path().join("i.zip"));
        std::fs::write(&from, &bytes).unwrap();
        let error = repack_archive(from, into.clone(), Limits::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.for_people().contains("outside"), "{evil}: {}", error.for_people());
        assert!(!into.exists(), "{evil}");
    }
    let link = Sample::release("FoundryVTT/", PACKAGE).with_link("FoundryVTT/up", "../FoundryVTT");
    let refusal = inspect(std::io::Cursor::new(link.bytes()), &Limits::default()).unwrap_err();
    assert!(matches!(refusal, Refusal::Escapes(_)), "{refusal}");
}

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::*;
use crate::foundry::archive::demo_zip;

fn names(bytes: Vec<u8>) -> Vec<String> {
    let zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    zip.file_names().map(|name| name.unwrap().into_owned()).collect()
}

fn places(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).filter(|window| *window == needle).count()
}

fn read(bytes: Vec<u8>, name: &str) -> io::Result<Vec<u8>> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    let mut content = Vec::new();
    zip.by_name(name)?.read_to_end(&mut content)?;
    Ok(content)
}

#[test]
fn a_release_of_each_generation_and_layout_has_what_an_installer_looks_for() {
    for version in Version::EACH_GENERATION {
        for layout in Layout::of(version) {
            let zip = release_zip(version, *layout).unwrap();
            let root = layout.root();
            let package = read(zip.clone(), &format!("{root}package.json")).unwrap();
            let package: serde_json::Value = serde_json::from_slice(&package).unwrap();
            assert_eq!(package["release"]["build"], version.build);
            let names = names(zip);
            for script in ["main.js", "main.mjs"] {
                assert!(names.contains(&format!("{root}{script}")), "{version} {script}");
            }
        }
    }
    assert!(names(demo_zip().unwrap()).contains(&"main.js".to_owned()));
}

#[test]
fn hostile_names_are_in_the_archive_as_they_were_meant() {
    for (hostile, name) in [
        (Hostile::ClimbingName, "../../evil.js"),
        (Hostile::AbsoluteName, "/tmp/evil.js"),
        (Hostile::BackslashName, "..\\..\\evil.js"),
        (Hostile::Symlink, "public/out/evil.js"),
    ] {
        let bytes = hostile.archive().unwrap();
        assert_ne!(places(&bytes, name.as_bytes()), 0, "{hostile:?}");
    }
}

#[test]
fn broken_archives_are_broken_and_bombs_are_small() {
    for hostile in [Hostile::Empty, Hostile::NotAZip, Hostile::Truncated] {
        let bytes = hostile.archive().unwrap();
        assert!(ZipArchive::new(Cursor::new(bytes)).is_err(), "{hostile:?}");
    }
    assert!(read(Hostile::Corrupt.archive().unwrap(), "main.js").is_err());
    assert!(Hostile::HighRatio.archive().unwrap().len() < 1 << 20);
}

#[test]
fn two_files_of_one_name_are_two_entries() {
    let bytes = Hostile::DuplicateNames.archive().unwrap();
    // Each entry is named twice, beside its data and in the directory; package.json names one too.
    assert_eq!(places(&bytes, b"main.js"), 5);
}

#[test]
fn a_file_lies_about_its_size() {
    let bytes = Hostile::LyingSize.archive().unwrap();
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(zip.by_name("public/small.bin").unwrap().size(), 10);
}

#[test]
fn what_is_written_header_by_header_can_be_read() {
    let bytes = Hostile::ManyEntries.archive().unwrap();
    assert_eq!(ZipArchive::new(Cursor::new(bytes.clone())).unwrap().len(), 60_003);
    assert_eq!(read(bytes, "main.js").unwrap(), b"// the one\n");
    let bytes = Hostile::Overlapping.archive().unwrap();
    assert!(bytes.len() < 1 << 20);
    let zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert!(zip.decompressed_size().unwrap() > 8_000_000_000);
}

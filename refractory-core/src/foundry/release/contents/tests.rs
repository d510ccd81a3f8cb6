use std::io::Cursor;

use super::super::sample::{Sample, forged};
use super::*;

fn look(bytes: Vec<u8>) -> Result<Contents, Refusal> {
    inspect(Cursor::new(bytes), &Limits::default())
}

fn refused(bytes: Vec<u8>) -> Refusal {
    look(bytes).unwrap_err()
}

#[test]
fn both_layouts_are_read() {
    let node = look(Sample::foundry("13.351").bytes()).unwrap();
    assert_eq!((node.version, node.layout), (Version::new(13, 351), Layout::Node));
    assert_eq!(node.node_major, Some(20), "from what is known of the generation");
    let package = r#"{"release":{"generation":12,"build":331,"node_version":18}}"#;
    let electron = Sample::release("resources/app/", package).with("foundryvtt", b"electron");
    let electron = look(electron.bytes()).unwrap();
    assert_eq!((electron.layout, electron.node_major), (Layout::Electron, Some(18)));
    assert_eq!(electron.program, Program::Node);
}

#[test]
fn the_demo_is_known_by_its_name() {
    let package = r#"{"name":"refractory-demo","release":{"generation":13,"build":351}}"#;
    let demo = look(Sample::release("", package).bytes()).unwrap();
    assert_eq!((demo.program, demo.node_major), (Program::Demo, None));
}

#[test]
fn what_is_not_a_release_is_refused() {
    assert_eq!(refused(b"hello, this is not a zip".to_vec()), Refusal::NotAZip);
    let others = [
        Sample::empty().bytes(),
        Sample::empty().with("readme.txt", b"hi").bytes(),
        Sample::release("", r#"{"name":"express","version":"5.0.0"}"#).bytes(),
        Sample::release("", "not json").bytes(),
        Sample::foundry("8.9").bytes(),
        Sample::empty()
            .with("package.json", br#"{"release":{"generation":13,"build":351}}"#)
            .bytes(),
    ];
    for other in others {
        let refusal = refused(other);
        assert!(matches!(refusal, Refusal::NotFoundry(_)), "{refusal}");
    }
}

#[test]
fn a_truncated_archive_is_refused() {
    let whole = Sample::foundry("13.351").bytes();
    for keep in [whole.len() - 1, whole.len() / 2, 40] {
        let refusal = refused(whole[..keep].to_vec());
        assert!(matches!(refusal, Refusal::Damaged(_)), "{keep}: {refusal}");
    }
}

#[test]
fn a_flipped_byte_anywhere_in_the_content_is_noticed() {
    let whole = Sample::foundry("13.351").with("data", &[7; 100]).bytes();
    let at = whole.windows(4).position(|w| w == b"data").unwrap() + 4;
    let mut broken = whole;
    broken[at] ^= 0xff;
    assert!(look(broken).is_err());
}

#[test]
fn names_that_lead_outside_are_refused() {
    for name in ["../evil", "a/../../evil", "/etc/passwd", "C:/evil", "a\\..\\evil"] {
        let refusal = refused(Sample::foundry("13.351").with(name, b"x").bytes());
        assert!(matches!(refusal, Refusal::Escapes(_)), "{name}: {refusal}");
    }
}

#[test]
fn links_stay_inside_or_are_refused() {
    let inside = Sample::foundry("13.351")
        .with("node_modules/tool/cli.js", b"x")
        .with_link("node_modules/.bin/tool", "../tool/cli.js");
    assert!(look(inside.bytes()).is_ok());
    for target in ["../evil", "/etc/passwd", "../../../etc/passwd", "nothing", "public/../../x", ""]
    {
        let refusal = refused(Sample::foundry("13.351").with_link("link", target).bytes());
        assert!(
            matches!(refusal, Refusal::Escapes(_) | Refusal::Damaged(_)),
            "{target}: {refusal}"
        );
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let through = Sample::foundry("13.351").with_link("way", "public").with("way/evil.js", b"x");
    assert!(matches!(refused(through.bytes()), Refusal::Escapes(_)));
    let chain = Sample::foundry("13.351").with_link("a", "public").with_link("b", "a/../../x");
    assert!(matches!(refused(chain.bytes()), Refusal::Escapes(_)));
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    let twice = forged(
        Sample::foundry("13.351").with("one.js", b"1").with("two.js", b"2").bytes(),
        b"two.js",
        b"one.js",
    );
    assert!(matches!(refused(twice), Refusal::Twice(_)));
    let file_and_folder = Sample::foundry("13.351").with("a", b"x").with("a/b", b"x");
    assert!(matches!(refused(file_and_folder.bytes()), Refusal::Twice(_)));
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let bomb = Sample::foundry("13.351").with("bomb", &vec![0; 4 << 20]).bytes();
    assert!(matches!(refused(bomb), Refusal::TooMuch(_)));
    let many = Sample::foundry("13.351").bytes();
    let few = Limits { entries: 2, ..Limits::default() };
    assert!(matches!(inspect(Cursor::new(&many), &few), Err(Refusal::TooMuch(_))));
    let small = Limits { total: 20, ..Limits::default() };
    assert!(matches!(inspect(Cursor::new(&many), &small), Err(Refusal::TooMuch(_))));
    let tiny = Limits { file: 5, ..Limits::default() };
    assert!(matches!(inspect(Cursor::new(&many), &tiny), Err(Refusal::TooMuch(_))));
}

#[test]
fn a_file_longer_than_it_says_is_refused() {
    let bytes = Sample::foundry("13.351").with("liar", &[b'x'; 3000]).bytes();
    let lied = forged(bytes, &3000_u32.to_le_bytes(), &10_u32.to_le_bytes());
    assert!(matches!(refused(lied), Refusal::TooMuch(_) | Refusal::Damaged(_)));
}

#[test]
fn an_encrypted_entry_is_refused() {
    let mut bytes = Sample::foundry("13.351").with("secret", b"x").bytes();
    let name = bytes.windows(6).rposition(|w| w == b"secret").unwrap();
    bytes[name - 46 + 8] |= 1;
    assert!(matches!(refused(bytes), Refusal::Unreadable(_)));
}

#[test]
fn every_refusal_is_a_sentence_and_invalid() {
    let error = crate::Error::from(Refusal::NotAZip);
    assert_eq!(error.kind(), crate::ErrorKind::Invalid);
    assert!(error.for_people().ends_with('.'));
}

#[tokio::test]
async fn an_archive_on_disk_is_read_with_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.zip");
    let bytes = Sample::foundry("14.360").bytes();
    std::fs::write(&path, &bytes).unwrap();
    let info = read_archive(path, Limits::default()).await.unwrap();
    assert_eq!(info.id.as_str(), crate::digest::sha256_hex(&[&bytes]));
    assert_eq!((info.size, info.node_major), (bytes.len() as u64, Some(24)));
    let missing = read_archive(folder.path().join("no.zip"), Limits::default()).await;
    assert_eq!(missing.unwrap_err().kind(), crate::ErrorKind::NotFound);
}

/// The sentence with which an archive of these files is refused.
fn said(files: &[(&str, &str)]) -> String {
    let sample = files
        .iter()
        .fold(Sample::empty(), |sample, (name, text)| sample.with(name, text.as_bytes()));
    refused(sample.bytes()).to_string()
}

#[test]
fn what_is_no_release_is_called_what_it_is() {
    let old = r#"{"name":"foundryvtt","version":"0.8.9"}"#;
    let new = r#"{"name":"foundryvtt","release":{"generation":13,"build":351}}"#;
    let of =
        |generation: &str| format!(r#"{{"release":{{"generation":{generation},"build":351}}}}"#);
    let rows: [(&[(&str, &str)], &str); 12] = [
        (&[("module.json", "{}")], "module"),
        (&[("dice/module.json", "{}"), ("dice/package.json", "{}")], "module"),
        (&[("module.json", "{}"), ("package.json", r#"{"name":"x"}"#)], "module"),
        (&[("dnd5e/system.json", "{}")], "system"),
        (&[("world.json", "{}"), ("data/users.db", "")], "world"),
        (&[("resources/app/package.json", old), ("resources/app/main.js", "")], "0.8.9 is older"),
        (
            &[
                ("resources/app/package.json", new),
                ("FoundryVTT.exe", "MZ"),
                ("resources/app/main.js", ""),
            ],
            "Windows",
        ),
        (&[("Foundry.app/Contents/Resources/app/package.json", new)], "macOS"),
        (&[("F/package.json", new), ("F/main.js", ""), ("notes.txt", "")], "repacked"),
        (&[("package.json", &of("8")), ("main.js", "")], "older than generation 9"),
        (&[("package.json", &of("15")), ("main.js", "")], "update Refractory"),
        (&[("package.json", &of("99999")), ("main.js", "")], "not that of a release"),
    ];
    for (files, word) in rows {
        let said = said(files);
        assert!(said.contains(word), "{word}: {said}");
    }
    let page = refused(b"<!DOCTYPE html><html><title>Sign in</title>".to_vec());
    assert!(page.to_string().contains("web page"), "{page}");
    assert_eq!(refused(Vec::new()), Refusal::Other("an empty file"));
}

#[test]
fn names_that_differ_in_case_alone_are_refused() {
    let alike = Sample::foundry("13.351").with("Main.js", b"x").bytes();
    let refusal = refused(alike);
    assert!(matches!(refusal, Refusal::Alike(..)), "{refusal}");
    let packed_anew = Sample::foundry("13.351").with("./main.js", b"x").bytes();
    assert!(matches!(refused(packed_anew), Refusal::Twice(_)));
}

#[test]
fn many_small_bombs_are_one_large_one() {
    let zeros = vec![0; 1 << 20];
    let many = (0..70)
        .fold(Sample::foundry("13.351"), |sample, at| sample.with(&format!("z/{at}"), &zeros));
    assert!(matches!(refused(many.bytes()), Refusal::TooMuch(_)));
}

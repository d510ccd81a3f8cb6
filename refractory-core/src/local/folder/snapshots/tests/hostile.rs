//! Archives that somebody has damaged or made.
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::*;

/// An archive as a stranger may have written it, under the name that its bytes digest to.
fn stored(place: &Place, fill: impl FnOnce(&mut Builder<GzEncoder<Vec<u8>>>)) {
    let mut out = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    fill(&mut out);
    let bytes = out.into_inner().unwrap().finish().unwrap();
    keep(place, &bytes, &sha256_hex(&[&bytes]));
}

fn keep(place: &Place, bytes: &[u8], digest: &str) {
    let kept = Kept { at: Timestamp(1), digest: digest.to_owned() };
    fs::create_dir_all(place.at("snapshots/a")).unwrap();
    File::create(place.at("snapshots/a").join(kept.file_name())).unwrap().write_all(bytes).unwrap();
}

/// An entry with whatever name and target, past every check of the writer's.
fn entry(kind: EntryType, path: &[u8], target: &[u8], text: &[u8]) -> (Header, Vec<u8>) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(text.len() as u64);
    let old = header.as_old_mut();
    old.name[..path.len()].copy_from_slice(path);
    old.linkname[..target.len()].copy_from_slice(target);
    header.set_cksum();
    (header, text.to_vec())
}

async fn refused(place: &Place, what: &str) {
    place.write("world", "as it was");
    let error = place.restored(&place.port(), 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unexpected, "{what}: {error:?}");
    assert!(error.for_people().contains("nothing was restored"), "{what}: {}", error.for_people());
    assert_eq!(place.read("world").unwrap(), "as it was", "{what}");
    assert!(!place.at("trash/evil").exists() && !place.at("evil").exists(), "{what}");
    place.tidy(what).await;
}

#[tokio::test]
async fn what_leads_outside_or_is_no_file_is_refused_whole() {
    let file = EntryType::Regular;
    let link = EntryType::Symlink;
    for (what, entries) in [
        ("a way up", vec![entry(file, b"../evil", b"", b"x")]),
        ("a way up within", vec![entry(file, b"a/../../evil", b"", b"x")]),
        ("from the root", vec![entry(file, b"/tmp/refractory-evil", b"", b"x")]),
        ("no name", vec![entry(file, b"", b"", b"x")]),
        ("the volume itself", vec![entry(file, b".", b"", b"x")]),
        ("a hard link", vec![entry(EntryType::Link, b"hard", b"/etc/hostname", b"")]),
        ("a device", vec![entry(EntryType::Char, b"device", b"", b"")]),
        ("a pipe", vec![entry(EntryType::Fifo, b"pipe", b"", b"")]),
        ("a sparse file", vec![entry(EntryType::GNUSparse, b"sparse", b"", b"")]),
        (
            "something through a link",
            vec![entry(link, b"out", b"..", b""), entry(file, b"out/evil", b"", b"x")],
        ),
        (
            "a link in the place of a file",
            vec![entry(file, b"twice", b"", b"x"), entry(link, b"twice", b"/etc", b"")],
        ),
        (
            "one name twice",
            vec![entry(file, b"twice", b"", b"x"), entry(file, b"twice", b"", b"y")],
        ),
        ("a file without its folder", vec![entry(file, b"none/inner", b"", b"x")]),
    ] {
        let place = Place::new();
        stored(&place, |out| {
            for (header, text) in entries {
                out.append(&header, &text[..]).unwrap();
            }
        });
        refused(&place, what).await;
    }
}

#[tokio::test]
async fn a_damaged_archive_is_refused_whole_wherever_it_is_damaged() {
    let whole = {
        let place = Place::new();
        place.write("world", "one");
        place.write("Data/two", "two");
        place.taken(&place.port(), 1).await.unwrap();
        fs::read(place.archive()).unwrap()
    };
    let digest = sha256_hex(&[&whole]);
    let mut damages: Vec<(String, Vec<u8>)> = (0..whole.len())
        .step_by(7)
        .map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            (format!("a bit at {at}"), bytes)
        })
        .collect();
    for keep in [0, 1, whole.len() / 2, whole.len() - 1] {
        damages.push((format!("cut after {keep}"), whole[..keep].to_vec()));
    }
    damages.push(("something behind".into(), [&whole[..], b"x"].concat()));
    damages.push(("twice".into(), whole.repeat(2)));
    for (what, bytes) in damages {
        let place = Place::new();
        keep(&place, &bytes, &digest);
        refused(&place, &what).await;
    }
}

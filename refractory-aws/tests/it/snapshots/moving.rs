//! A volume on its way between one machine and AWS.
use std::fs;
use std::io::Cursor;
use std::process::Command;

use refractory_core::ErrorKind;
use refractory_core::ports::Snapshots as _;
use testkit::conformance::Contents as _;

use super::{name, noise, restored, taken};
use crate::support::bed::{Bed, id};

#[tokio::test]
async fn a_volume_comes_in_from_a_folder_and_goes_out_to_one() {
    let (bed, home) = (Bed::made().await, tempfile::tempdir().unwrap());
    fs::create_dir(home.path().join("Data")).unwrap();
    fs::write(home.path().join("Data/world"), "from home").unwrap();
    let picture = noise(200 << 10);
    fs::write(home.path().join("Data/picture"), &picture).unwrap();
    let packed = Command::new("tar")
        .args(["-czf", "-", "."])
        .current_dir(home.path())
        .output()
        .unwrap()
        .stdout;

    let (volume, snapshots) = (bed.volume(&id("a")).await, bed.snapshots());
    let received = snapshots.import(&name(1), &mut Cursor::new(packed.clone())).await.unwrap();
    assert_eq!(received.size, packed.len() as u64);
    assert_eq!(snapshots.list(&id("a")).await.unwrap(), vec![received]);
    restored(&snapshots, 1, &volume).await;
    assert_eq!(bed.read(&id("a")).as_deref(), Some("from home"));

    bed.write(&id("a"), "played on AWS");
    taken(&snapshots, 2, &volume).await;
    let mut sent = Vec::new();
    let size = snapshots.export(&name(2), &mut sent).await.unwrap();
    assert_eq!(size, sent.len() as u64);
    let back = tempfile::tempdir().unwrap();
    fs::write(back.path().join("packed"), sent).unwrap();
    assert!(
        Command::new("tar")
            .args(["-xzf", "packed"])
            .current_dir(back.path())
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(fs::read_to_string(back.path().join("Data/world")).unwrap(), "played on AWS");
    assert_eq!(fs::read(back.path().join("Data/picture")).unwrap(), picture);
}

#[tokio::test]
async fn what_is_not_packed_so_is_refused_and_not_listed() {
    let bed = Bed::made().await;
    for bytes in [&b""[..], b"PK\x03\x04 a zip"] {
        let refused = bed.snapshots().import(&name(1), &mut Cursor::new(bytes)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid);
    }
    assert_eq!(bed.snapshots().list(&id("a")).await.unwrap(), vec![]);
}

#[tokio::test]
async fn a_damaged_piece_is_told_to_whoever_fetches_it() {
    let bed = Bed::made().await;
    let snapshots = bed.snapshots();
    let packed = [&[0x1f, 0x8b][..], &noise(100 << 10)].concat();
    snapshots.import(&name(1), &mut Cursor::new(packed)).await.unwrap();
    let keys = bed.keys().await;
    let piece = keys.iter().find(|key| key.ends_with("/00001")).unwrap();
    let put = bed.clients.s3.put_object().bucket(&bed.outputs.bucket).key(piece);
    put.body(b"x".to_vec().into()).send().await.unwrap();
    let refused = snapshots.export(&name(1), &mut Vec::new()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.is_transient()), (ErrorKind::Unexpected, false));
}

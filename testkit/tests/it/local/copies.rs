//! Copies of a volume that a program works on.
use std::fs;
use std::time::Duration;

use refractory_core::ErrorKind;
use refractory_core::model::Urgency;
use refractory_core::ports::{Observed, SnapshotName, Snapshots, Volume};

use super::bed::Bed;

fn name(bed: &Bed, at: u64) -> SnapshotName {
    SnapshotName { of: bed.instance.clone(), at: refractory_core::Timestamp(at) }
}

fn volume(bed: &Bed) -> Volume {
    Volume { of: bed.instance.clone(), handle: String::new(), usage: None }
}

async fn taken(bed: &Bed, copies: &impl Snapshots, at: u64) {
    loop {
        match copies.ensure(&name(bed, at), &volume(bed)).await.unwrap() {
            Observed::Ready(_) => return,
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

#[tokio::test]
async fn a_table_that_is_on_is_neither_copied_nor_restored() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    let copies = bed.ports().snapshots(runtime.clone());
    taken(&bed, &copies, 1).await;
    bed.up(&runtime, 1).await;
    for error in [
        copies.ensure(&name(&bed, 2), &volume(&bed)).await.unwrap_err(),
        copies.restore(&name(&bed, 1), &volume(&bed)).await.unwrap_err(),
        // Nor by a process that has only the notes and the marks to go by.
        bed.ports()
            .snapshots(bed.runtime())
            .ensure(&name(&bed, 2), &volume(&bed))
            .await
            .unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true));
        assert!(
            error.for_people().contains("Stop the table, then try again"),
            "{}",
            error.for_people()
        );
    }
    fs::remove_file(bed.note(1)).unwrap();
    let error = copies.ensure(&name(&bed, 2), &volume(&bed)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "the mark is enough");
    bed.down(&runtime, 1, Urgency::Now).await;
    taken(&bed, &copies, 2).await;
    assert_eq!(copies.list(&bed.instance).await.unwrap().len(), 2);
}

//! What is left of a table that is removed.
use refractory_core::ErrorKind;
use refractory_core::model::Urgency;
use refractory_core::ports::{InstanceRuntime, LaunchSpec, Observed, WorldStorage};

use super::bed::Bed;

#[tokio::test]
async fn nothing_is_left_of_a_table_that_is_removed() {
    let bed = Bed::made().await;
    let runtime = bed.runtime();
    bed.up(&runtime, 1).await;
    bed.down(&runtime, 1, Urgency::Now).await;
    let storage = bed.ports().storage();
    while storage.remove(&bed.instance).await.unwrap() != Observed::Absent {}
    for folder in ["data", "logs", "runtime", "trash"] {
        let left = std::fs::read_dir(bed.root().join(folder)).unwrap().count();
        assert_eq!(left, 0, "{folder}");
    }
    assert!(runtime.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_table_whose_folder_is_full_is_not_started() {
    let bed = Bed::made().await;
    std::fs::write(bed.volume().root().join("map.webp"), vec![0; 4 << 20]).unwrap();
    let mut spec: LaunchSpec = bed.spec.clone();
    spec.limits.disk = Some(2 << 20);
    let runtime = bed.runtime();
    let error = loop {
        if let Err(error) = runtime.ensure(&bed.key(1), &spec).await {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::Exhausted);
    assert!(error.for_people().contains("limit is 2 MiB"), "{error:?}");
    assert!(runtime.list().await.unwrap().is_empty());
}

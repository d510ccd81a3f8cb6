//! Volumes on EFS: the port's contract, and what happens in between.
mod removal;
mod volumes;

use std::sync::Arc;

use refractory_core::ports::WorldStorage;
use testkit::conformance::storage::StorageSubject;
use testkit::conformance::{Contents, Subject};

use crate::support::bed::Bed;

async fn subject() -> StorageSubject {
    let bed = Bed::made().await;
    let storage: Arc<dyn WorldStorage> = Arc::new(bed.storage());
    let contents: Arc<dyn Contents> = Arc::new(bed);
    Subject::new(storage, contents)
}

mod conforms {
    testkit::conform_storage!(real_time, super::subject().await);
}

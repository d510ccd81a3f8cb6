//! Volumes on EFS: the port's contract, and what happens in between.
mod removal;
mod volumes;

use std::sync::Arc;

use refractory_core::ports::WorldStorage;
use testkit::conformance::storage::StorageSubject;
use testkit::conformance::{Contents, Subject};

use crate::support::place::Place;

async fn subject() -> StorageSubject {
    let place = Place::made().await;
    let storage: Arc<dyn WorldStorage> = Arc::new(place.storage());
    let contents: Arc<dyn Contents> = Arc::new(place);
    Subject::new(storage, contents)
}

mod conforms {
    testkit::conform_storage!(real_time, super::subject().await);
}

//! Records for unit tests.
use refractory_core::model::WorkerMark;
use refractory_core::ports::{Aggregate, Record};
use refractory_core::{Timestamp, WorkerId};

/// The mark of the worker `id`, as it was read at `revision`.
pub(super) fn mark(id: &str, revision: u64) -> Record {
    WorkerMark {
        id: WorkerId::new(id).unwrap(),
        born: Timestamp(1),
        seen: Timestamp(2),
        unlisted: Vec::new(),
        duties: Vec::new(),
        revision,
    }
    .into_record()
}

//! Snapshots in S3: the port's contract, and what happens in between.
mod copying;
mod moving;
mod restoring;

use std::sync::Arc;

use refractory_aws::S3Snapshots;
use refractory_core::Timestamp;
use refractory_core::ports::{Snapshot, SnapshotName, Snapshots, Volume};
use testkit::conformance::Subject;
use testkit::conformance::snapshots::{SnapshotsSubject, Volumes};

use crate::support::place::{Place, id, ready};

async fn subject() -> SnapshotsSubject {
    let place = Place::made().await;
    let port: Arc<dyn Snapshots> = Arc::new(place.snapshots());
    let volumes = Volumes { storage: Arc::new(place.storage()), contents: Arc::new(place) };
    Subject::new(port, volumes)
}

mod conforms {
    testkit::conform_snapshots!(real_time, super::subject().await);
}

fn name(at: u64) -> SnapshotName {
    SnapshotName { of: id("a"), at: Timestamp(1_700_000_000_000 + at) }
}

async fn taken(snapshots: &S3Snapshots, at: u64, of: &Volume) -> Snapshot {
    let name = name(at);
    ready(|| snapshots.ensure(&name, of)).await
}

async fn restored(snapshots: &S3Snapshots, at: u64, into: &Volume) {
    let name = name(at);
    ready(|| snapshots.restore(&name, into)).await;
}

/// Text that does not pack, so that there are several pieces of it.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}

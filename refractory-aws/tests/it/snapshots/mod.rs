//! Snapshots in S3: the port's contract, and what happens in between.
mod copying;
mod moving;
mod restoring;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use refractory_aws::S3Snapshots;
use refractory_core::ports::{Observed, Snapshot, SnapshotName, Snapshots, Volume};
use refractory_core::{Result, Timestamp, async_trait};
use testkit::aws::FaultProxy;
use testkit::conformance::Subject;
use testkit::conformance::snapshots::{SnapshotsSubject, Tamper, Volumes};

use crate::support::bed::{Bed, id, ready};
use crate::support::clients_at;

async fn subject() -> SnapshotsSubject {
    let bed = Bed::made().await;
    let port: Arc<dyn Snapshots> = Arc::new(bed.snapshots());
    let bed = Arc::new(bed);
    let tamper: Arc<dyn Tamper> = Arc::new(Pieces(Arc::clone(&bed)));
    let volumes = Volumes { storage: Arc::new(bed.storage()), contents: bed, tamper };
    Subject::new(port, volumes)
}

/// The pieces of snapshots in the bucket.
#[derive(Debug)]
struct Pieces(Arc<Bed>);

#[async_trait]
impl Tamper for Pieces {
    async fn tamper(&self, name: &SnapshotName) {
        let (s3, bucket) = (&self.0.clients.s3, &self.0.outputs.bucket);
        let prefix = format!("snapshots/{}/{:015}/", name.of, name.at.0);
        let all = s3.list_objects_v2().bucket(bucket).prefix(prefix).send().await.unwrap();
        for object in all.contents.unwrap_or_default() {
            let key = object.key.unwrap();
            if key.ends_with("/00000") {
                let size = usize::try_from(object.size.unwrap()).unwrap();
                let other = vec![0x5a; size].into();
                s3.put_object().bucket(bucket).key(key).body(other).send().await.unwrap();
            }
        }
    }
}

mod conforms {
    testkit::conform_snapshots!(real_time, super::subject().await);
}

/// Does `work`, a call at a time, in a process that is killed after each of its calls in turn; `carry_on` is the process after it.
/// Says how many were killed.
async fn killed_after_each_call(
    prepare: &impl AsyncFn(&Bed) -> Volume,
    work: &impl AsyncFn(&S3Snapshots, &Volume) -> Result<Observed<()>>,
    carry_on: &impl AsyncFn(&Bed, &Volume, usize),
) -> usize {
    let lives = stream::iter(1..200).map(|calls| async move {
        let bed = Bed::made().await;
        let volume = prepare(&bed).await;
        let proxy = FaultProxy::start(bed.account.address()).await;
        // On AWS, a task does not lose its line with who gave it an address.
        proxy.pass_presigned();
        proxy.cut_after(calls);
        let dying = bed.snapshots_over(clients_at(&bed.account, &proxy.endpoint()));
        let life = async {
            loop {
                match work(&dying, &volume).await {
                    Ok(Observed::Ready(())) => return,
                    Ok(_) => tokio::time::sleep(Duration::from_millis(25)).await,
                    Err(error) => assert!(error.is_transient() || proxy.is_cut(), "{error:?}"),
                }
            }
        };
        let killed = tokio::select! { () = life => false, () = proxy.cut() => true };
        carry_on(&bed, &volume, calls).await;
        killed
    });
    let killed = lives.buffered(4).take_while(|killed| std::future::ready(*killed));
    killed.count().await
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

//! The contract of [`Snapshots`].
use std::sync::Arc;
use std::time::Duration;

use refractory_core::ports::{
    Observed, Snapshot, SnapshotName, Snapshots, Volume, VolumeSpec, WorldStorage,
};
use refractory_core::{ErrorKind, InstanceId, Timestamp, async_trait};

use super::{Contents, Subject};

/// The storage whose volumes are copied, and a way to write into them.
#[derive(Debug)]
pub struct Volumes {
    /// The storage.
    pub storage: Arc<dyn WorldStorage>,
    /// What is in its volumes.
    pub contents: Arc<dyn Contents>,
    /// What is stored of its snapshots.
    pub tamper: Arc<dyn Tamper>,
}

/// Damages what is stored of snapshots, as a disk may.
#[async_trait]
pub trait Tamper: std::fmt::Debug + Send + Sync {
    /// Changes what is stored of `name`, so that it is still listed and no longer what was written.
    async fn tamper(&self, name: &SnapshotName);
}

/// How often something that is pending is asked about.
const MAX_POLLS: usize = 1_500;

/// Snapshots, with the volumes they are of.
pub type SnapshotsSubject = Subject<dyn Snapshots, Volumes>;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).expect("an id")
}

fn name(of: &str, at: u64) -> SnapshotName {
    SnapshotName { of: id(of), at: Timestamp(1_700_000_000_000 + at * 1000) }
}

async fn volume(subject: &SnapshotsSubject, of: &str, text: &str) -> Volume {
    let (id, spec) = (id(of), VolumeSpec::default());
    let volume = subject.ready(|| subject.with.storage.ensure(&id, &spec)).await;
    subject.with.contents.write(&id, text);
    volume
}

async fn taken(subject: &SnapshotsSubject, name: &SnapshotName, of: &Volume) -> Snapshot {
    subject.ready(|| subject.port.ensure(name, of)).await
}

async fn restored(subject: &SnapshotsSubject, from: &SnapshotName, into: &Volume) {
    subject.ready(|| subject.port.restore(from, into)).await;
}

async fn names(subject: &SnapshotsSubject, of: &str) -> Vec<SnapshotName> {
    let all = subject.port.list(&id(of)).await.expect("list");
    all.into_iter().map(|snapshot| snapshot.name).collect()
}

/// A snapshot brings back what was there when it was taken.
pub async fn a_snapshot_brings_data_back(subject: &SnapshotsSubject) {
    let volume = volume(subject, "a", "before").await;
    let snapshot = taken(subject, &name("a", 1), &volume).await;
    assert_eq!(snapshot.name, name("a", 1));
    subject.with.contents.write(&id("a"), "after");
    restored(subject, &name("a", 1), &volume).await;
    assert_eq!(subject.with.contents.read(&id("a")).as_deref(), Some("before"));
}

/// Taking a snapshot changes nothing in the volume.
pub async fn taking_one_leaves_the_volume(subject: &SnapshotsSubject) {
    let volume = volume(subject, "a", "a world").await;
    taken(subject, &name("a", 1), &volume).await;
    assert_eq!(subject.with.contents.read(&id("a")).as_deref(), Some("a world"));
}

/// A name that exists is never written again.
pub async fn a_taken_name_is_kept(subject: &SnapshotsSubject) {
    let volume = volume(subject, "a", "before").await;
    taken(subject, &name("a", 1), &volume).await;
    subject.with.contents.write(&id("a"), "after");
    taken(subject, &name("a", 1), &volume).await;
    restored(subject, &name("a", 1), &volume).await;
    assert_eq!(subject.with.contents.read(&id("a")).as_deref(), Some("before"));
    assert_eq!(names(subject, "a").await, vec![name("a", 1)]);
}

/// Snapshots are listed oldest first, and only those of the instance asked for.
pub async fn lists_are_oldest_first_and_of_one_instance(subject: &SnapshotsSubject) {
    let (one, other) = (volume(subject, "a", "one").await, volume(subject, "b", "other").await);
    for at in [30, 4, 100] {
        taken(subject, &name("a", at), &one).await;
    }
    taken(subject, &name("b", 5), &other).await;
    let expected = [4, 30, 100].map(|at| name("a", at));
    assert_eq!(names(subject, "a").await, expected);
    assert_eq!(names(subject, "b").await, vec![name("b", 5)]);
}

/// A snapshot outlives the volume it is of.
pub async fn a_snapshot_outlives_its_volume(subject: &SnapshotsSubject) {
    let first = volume(subject, "a", "a world").await;
    taken(subject, &name("a", 1), &first).await;
    let id = id("a");
    subject.absent(|| subject.with.storage.remove(&id)).await;
    let again = volume(subject, "a", "empty").await;
    restored(subject, &name("a", 1), &again).await;
    assert_eq!(subject.with.contents.read(&id).as_deref(), Some("a world"));
}

/// A snapshot is restored into the volume that is named, which may be another instance's; its own stays as it is.
pub async fn a_snapshot_goes_into_the_volume_that_is_named(subject: &SnapshotsSubject) {
    let (one, other) = (volume(subject, "a", "one").await, volume(subject, "b", "other").await);
    taken(subject, &name("a", 1), &one).await;
    subject.with.contents.write(&id("a"), "later");
    restored(subject, &name("a", 1), &other).await;
    assert_eq!(subject.with.contents.read(&id("b")).as_deref(), Some("one"));
    assert_eq!(subject.with.contents.read(&id("a")).as_deref(), Some("later"));
}

/// Restoring what was never taken is `NotFound`, and changes nothing.
pub async fn restoring_nothing_is_not_found(subject: &SnapshotsSubject) {
    let volume = volume(subject, "a", "a world").await;
    let refused = subject.port.restore(&name("a", 1), &volume).await.expect_err("no such one");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert_eq!(subject.with.contents.read(&id("a")).as_deref(), Some("a world"));
}

/// Removing one leaves the others; removing what does not exist succeeds.
pub async fn remove_is_exact_and_repeats(subject: &SnapshotsSubject) {
    let volume = volume(subject, "a", "a world").await;
    for at in [1, 10] {
        taken(subject, &name("a", at), &volume).await;
    }
    for _ in 0..2 {
        let gone = name("a", 1);
        subject.absent(|| subject.port.remove(&gone)).await;
        assert_eq!(names(subject, "a").await, vec![name("a", 10)]);
    }
}

/// What reading the snapshot `name` back comes to.
async fn verified(subject: &SnapshotsSubject, name: &SnapshotName) -> Observed<Snapshot> {
    let mut answer = subject.port.verify(name, "first").await.expect("verify");
    for _ in 0..MAX_POLLS {
        if !matches!(answer, Observed::Pending(_)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = subject.port.verify(name, "first").await.expect("verify");
    }
    answer
}

/// A snapshot that is read back is whole, as often as it is asked, and stays what it was.
pub async fn a_whole_snapshot_is_verified(subject: &SnapshotsSubject) {
    let volume = volume(subject, "a", "before").await;
    let snapshot = taken(subject, &name("a", 1), &volume).await;
    for _ in 0..2 {
        assert_eq!(verified(subject, &name("a", 1)).await, Observed::Ready(snapshot.clone()));
    }
    subject.with.contents.write(&id("a"), "after");
    restored(subject, &name("a", 1), &volume).await;
    assert_eq!(subject.with.contents.read(&id("a")).as_deref(), Some("before"));
}

/// A snapshot whose bytes are not what was written is `Broken` when it is read back; another one is not.
pub async fn damage_is_found(subject: &SnapshotsSubject) {
    let volume = volume(subject, "a", "a world").await;
    for at in [1, 2] {
        taken(subject, &name("a", at), &volume).await;
    }
    subject.with.tamper.tamper(&name("a", 1)).await;
    let answer = verified(subject, &name("a", 1)).await;
    assert!(matches!(answer, Observed::Broken(_)), "{answer:?}");
    let answer = verified(subject, &name("a", 2)).await;
    assert!(matches!(answer, Observed::Ready(_)), "{answer:?}");
}

/// A damaged snapshot is not restored: the old data stands.
pub async fn damage_is_not_restored(subject: &SnapshotsSubject) {
    let volume = volume(subject, "a", "before").await;
    taken(subject, &name("a", 1), &volume).await;
    subject.with.contents.write(&id("a"), "after");
    subject.with.tamper.tamper(&name("a", 1)).await;
    let mut answer = subject.port.restore(&name("a", 1), &volume).await;
    for _ in 0..MAX_POLLS {
        // A task that fails may be tried again by the implementation itself.
        let goes_on = match &answer {
            Ok(answer) => matches!(answer, Observed::Pending(_)),
            Err(error) => error.is_transient(),
        };
        if !goes_on {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = subject.port.restore(&name("a", 1), &volume).await;
    }
    assert!(!matches!(answer, Ok(Observed::Ready(_))), "{answer:?}");
    assert_eq!(subject.with.contents.read(&id("a")).as_deref(), Some("after"));
}

/// Of a snapshot that was never taken, reading back says that it is not there.
pub async fn verifying_nothing_is_absent(subject: &SnapshotsSubject) {
    volume(subject, "a", "a world").await;
    assert_eq!(verified(subject, &name("a", 1)).await, Observed::Absent);
}

/// A call that was dropped is completed by calling again.
pub async fn dropped_calls_can_be_repeated(subject: &SnapshotsSubject) {
    let volume = volume(subject, "a", "before").await;
    let name = name("a", 1);
    subject.dropped(|| subject.port.ensure(&name, &volume)).await;
    taken(subject, &name, &volume).await;
    assert_eq!(names(subject, "a").await, vec![name.clone()]);
    subject.with.contents.write(&id("a"), "after");
    subject.dropped(|| subject.port.restore(&name, &volume)).await;
    restored(subject, &name, &volume).await;
    assert_eq!(subject.with.contents.read(&id("a")).as_deref(), Some("before"));
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! snapshots_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            a_snapshot_brings_data_back, taking_one_leaves_the_volume, a_taken_name_is_kept,
            lists_are_oldest_first_and_of_one_instance, a_snapshot_outlives_its_volume,
            restoring_nothing_is_not_found,
            a_snapshot_goes_into_the_volume_that_is_named, remove_is_exact_and_repeats, a_whole_snapshot_is_verified,
            damage_is_found, damage_is_not_restored, verifying_nothing_is_absent, dropped_calls_can_be_repeated
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_snapshots {
    (real_time, $make:expr) => { $crate::snapshots_cases!([$crate::conform_each] real_time snapshots $make); };
    ($make:expr) => { $crate::snapshots_cases!([$crate::conform_each] paused snapshots $make); };
}

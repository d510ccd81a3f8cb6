//! The contract of [`WorldStorage`].
use std::sync::Arc;

use refractory_core::InstanceId;
use refractory_core::ports::{Observed, Volume, VolumeSpec, WorldStorage};

use super::{Contents, Subject};

/// A storage, and a way to write into its volumes as a program does.
pub type StorageSubject = Subject<dyn WorldStorage, Arc<dyn Contents>>;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).expect("an id")
}

async fn made(subject: &StorageSubject, of: &InstanceId) -> Volume {
    let spec = VolumeSpec::default();
    subject.ready(|| subject.port.ensure(of, &spec)).await
}

async fn removed(subject: &StorageSubject, of: &InstanceId) {
    subject.absent(|| subject.port.remove(of)).await;
}

async fn listed(subject: &StorageSubject) -> Vec<InstanceId> {
    let mut all = subject.port.list().await.expect("list");
    all.sort();
    all
}

/// A volume becomes ready, holds what is written, and a look says the same as the call that made it.
pub async fn a_volume_becomes_ready(subject: &StorageSubject) {
    let volume = made(subject, &id("a")).await;
    assert_eq!(volume.of, id("a"));
    subject.with.write(&id("a"), "a world");
    assert_eq!(subject.with.read(&id("a")).as_deref(), Some("a world"));
    let seen = subject.port.observe(&id("a")).await.expect("observe");
    assert!(matches!(seen, Observed::Ready(seen) if seen.handle == volume.handle));
}

/// Making a volume that is there neither empties nor replaces it.
pub async fn ensure_never_empties(subject: &StorageSubject) {
    let first = made(subject, &id("a")).await;
    subject.with.write(&id("a"), "a world");
    assert_eq!(made(subject, &id("a")).await.handle, first.handle, "the same volume");
    assert_eq!(subject.with.read(&id("a")).as_deref(), Some("a world"));
    assert_eq!(listed(subject).await, vec![id("a")]);
}

/// Another quota leaves the data.
pub async fn a_changed_quota_leaves_the_data(subject: &StorageSubject) {
    let id = id("a");
    made(subject, &id).await;
    subject.with.write(&id, "a world");
    let roomier = VolumeSpec::default().with(|spec| spec.quota = Some(1 << 33));
    let changed = subject.ready(|| subject.port.ensure(&id, &roomier)).await;
    assert_eq!(subject.with.read(&id).as_deref(), Some("a world"));
    if let Some(usage) = changed.usage {
        assert_eq!(usage.quota, roomier.quota, "the quota is the new one");
    }
}

/// Looking creates nothing.
pub async fn observe_creates_nothing(subject: &StorageSubject) {
    assert_eq!(subject.port.observe(&id("a")).await.expect("observe"), Observed::Absent);
    assert_eq!(listed(subject).await, vec![]);
}

/// Removing what does not exist succeeds.
pub async fn remove_of_absent_succeeds(subject: &StorageSubject) {
    removed(subject, &id("a")).await;
    removed(subject, &id("a")).await;
}

/// What was removed is gone from every view, and what is made again is empty.
pub async fn a_removed_volume_is_absent(subject: &StorageSubject) {
    made(subject, &id("a")).await;
    subject.with.write(&id("a"), "a world");
    removed(subject, &id("a")).await;
    assert_eq!(subject.port.observe(&id("a")).await.expect("observe"), Observed::Absent);
    assert_eq!(listed(subject).await, vec![]);
    made(subject, &id("a")).await;
    assert!(subject.with.read(&id("a")).is_none_or(|text| text.is_empty()), "it is a new one");
}

/// Removing one volume leaves the others, even where one name begins with the other.
pub async fn remove_is_exact(subject: &StorageSubject) {
    made(subject, &id("a")).await;
    made(subject, &id("a-b")).await;
    subject.with.write(&id("a-b"), "a world");
    removed(subject, &id("a")).await;
    assert_eq!(listed(subject).await, vec![id("a-b")]);
    assert_eq!(subject.with.read(&id("a-b")).as_deref(), Some("a world"));
}

/// The volumes of two instances are two.
pub async fn volumes_are_apart(subject: &StorageSubject) {
    made(subject, &id("a")).await;
    made(subject, &id("b")).await;
    subject.with.write(&id("a"), "one");
    subject.with.write(&id("b"), "other");
    assert_eq!(subject.with.read(&id("a")).as_deref(), Some("one"));
    assert_eq!(listed(subject).await, vec![id("a"), id("b")]);
}

/// A call that was dropped is completed by calling again.
pub async fn dropped_calls_can_be_repeated(subject: &StorageSubject) {
    let (id, spec) = (id("a"), VolumeSpec::default());
    subject.dropped(|| subject.port.ensure(&id, &spec)).await;
    made(subject, &id).await;
    assert_eq!(listed(subject).await, vec![id.clone()]);
    subject.dropped(|| subject.port.remove(&id)).await;
    removed(subject, &id).await;
    assert_eq!(listed(subject).await, vec![]);
}

/// Every call answers within its bound.
pub async fn calls_are_bounded(subject: &StorageSubject) {
    let (port, id, spec) = (&subject.port, id("a"), VolumeSpec::default());
    subject.bounded_call("ensure", port.ensure(&id, &spec)).await.expect("ensure");
    subject.bounded_call("observe", port.observe(&id)).await.expect("observe");
    subject.bounded_call("list", port.list()).await.expect("list");
    subject.bounded_call("remove", port.remove(&id)).await.expect("remove");
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! storage_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            a_volume_becomes_ready, ensure_never_empties, a_changed_quota_leaves_the_data,
            observe_creates_nothing, remove_of_absent_succeeds, a_removed_volume_is_absent,
            remove_is_exact, volumes_are_apart, dropped_calls_can_be_repeated, calls_are_bounded
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_storage {
    (real_time, $make:expr) => { $crate::storage_cases!([$crate::conform_each] real_time storage $make); };
    ($make:expr) => { $crate::storage_cases!([$crate::conform_each] paused storage $make); };
}

//! The contract of [`AssetStore`].
use refractory_core::ports::{AssetStore, Observed};
use refractory_core::{ErrorKind, InstanceId, Timestamp};

use super::Subject;

/// A place for uploads; the cases need nothing beside it.
pub type AssetsSubject = Subject<dyn AssetStore, ()>;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).expect("an id")
}

async fn made(subject: &AssetsSubject, of: &InstanceId) -> String {
    let space = subject.ready(|| subject.port.ensure(of)).await;
    assert_eq!(space.of, *of);
    space.handle
}

async fn removed(subject: &AssetsSubject, of: &InstanceId) {
    subject.absent(|| subject.port.remove(of)).await;
}

/// A moment after every key that there is: the year 2100.
const LATER: Timestamp = Timestamp(4_102_444_800_000);

/// Whether places have keys at all.
async fn have_keys(subject: &AssetsSubject, of: &InstanceId) -> bool {
    let have = match subject.port.rotate(of, LATER).await {
        Err(error) => error.kind() != ErrorKind::Unsupported,
        Ok(_) => true,
    };
    assert_eq!(subject.port.has_keys(), have, "it says so without being asked for one");
    have
}

async fn listed(subject: &AssetsSubject) -> Vec<InstanceId> {
    let mut all = subject.port.list().await.expect("list");
    all.sort();
    all
}

/// Two calls for one instance are one place.
pub async fn ensure_repeats(subject: &AssetsSubject) {
    let first = made(subject, &id("a")).await;
    assert_eq!(made(subject, &id("a")).await, first);
    assert_eq!(listed(subject).await, vec![id("a")]);
}

/// Two instances have two places.
pub async fn places_are_apart(subject: &AssetsSubject) {
    assert_ne!(made(subject, &id("a")).await, made(subject, &id("b")).await);
    assert_eq!(listed(subject).await, vec![id("a"), id("b")]);
}

/// Removing what does not exist succeeds.
pub async fn remove_of_absent_succeeds(subject: &AssetsSubject) {
    removed(subject, &id("a")).await;
    assert_eq!(listed(subject).await, vec![]);
}

/// Removing one place leaves the others, even where one name begins with the other.
pub async fn remove_is_exact(subject: &AssetsSubject) {
    made(subject, &id("a")).await;
    made(subject, &id("a-b")).await;
    removed(subject, &id("a")).await;
    assert_eq!(listed(subject).await, vec![id("a-b")]);
}

/// There is no key to replace where there is no place, and none is made.
pub async fn rotate_of_absent_makes_nothing(subject: &AssetsSubject) {
    let id = id("a");
    if have_keys(subject, &id).await {
        subject.absent(|| subject.port.rotate(&id, LATER)).await;
    }
    assert_eq!(listed(subject).await, vec![]);
}

/// A new key opens the same place, and no other is touched; a dropped request is completed by repeating it.
pub async fn rotate_keeps_the_place(subject: &AssetsSubject) {
    let (a, b) = (id("a"), id("b"));
    let (first, other) = (made(subject, &a).await, made(subject, &b).await);
    if have_keys(subject, &a).await {
        subject.dropped(|| subject.port.rotate(&a, LATER)).await;
        let space = subject.ready(|| subject.port.rotate(&a, LATER)).await;
        assert_eq!((space.of, space.handle), (a.clone(), first.clone()));
        let again = subject.port.rotate(&a, LATER).await.expect("the same request");
        assert!(matches!(again, Observed::Ready(_)), "it is replaced once: {again:?}");
    }
    assert_eq!((made(subject, &a).await, made(subject, &b).await), (first, other));
    assert_eq!(listed(subject).await, vec![a, b]);
}

/// A call that was dropped is completed by calling again.
pub async fn dropped_calls_can_be_repeated(subject: &AssetsSubject) {
    let id = id("a");
    subject.dropped(|| subject.port.ensure(&id)).await;
    made(subject, &id).await;
    assert_eq!(listed(subject).await, vec![id.clone()]);
    subject.dropped(|| subject.port.remove(&id)).await;
    removed(subject, &id).await;
    assert_eq!(listed(subject).await, vec![]);
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! assets_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            ensure_repeats, places_are_apart, remove_of_absent_succeeds, remove_is_exact,
            dropped_calls_can_be_repeated, rotate_of_absent_makes_nothing, rotate_keeps_the_place
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_assets {
    (real_time, $make:expr) => { $crate::assets_cases!([$crate::conform_each] real_time assets $make); };
    ($make:expr) => { $crate::assets_cases!([$crate::conform_each] paused assets $make); };
}

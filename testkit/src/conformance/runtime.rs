//! The contract of [`InstanceRuntime`].
use refractory_core::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Stop};
use refractory_core::{ErrorKind, InstanceId, LaunchId};

use super::Subject;

/// A runtime, with a spec that it can launch.
///
/// The cases launch for the instances of [`instances`]: where a launch needs a volume, `make` sees to it
/// that theirs are there.
pub type RuntimeSubject = Subject<dyn InstanceRuntime, LaunchSpec>;

/// The instances that the cases launch for.
pub fn instances() -> [InstanceId; 2] {
    ["conformance-a", "conformance-b"].map(|raw| InstanceId::new(raw).expect("an id"))
}

fn key(epoch: u32) -> LaunchId {
    let [instance, _] = instances();
    LaunchId { instance, attempt: epoch }
}

fn stranger() -> LaunchId {
    let [_, instance] = instances();
    LaunchId { instance, attempt: 1 }
}

async fn launched(subject: &RuntimeSubject, key: &LaunchId) -> Endpoint {
    subject.ready(|| subject.port.ensure(key, &subject.with)).await
}

async fn ended(subject: &RuntimeSubject, key: &LaunchId) {
    subject.absent(|| subject.port.remove(key, Stop::Gentle)).await;
}

async fn listed(subject: &RuntimeSubject) -> Vec<LaunchId> {
    let mut keys = subject.port.list().await.expect("list");
    keys.sort();
    keys
}

/// A launch becomes ready, and a look says the same as the call that made it.
pub async fn a_launch_becomes_ready(subject: &RuntimeSubject) {
    let endpoint = launched(subject, &key(1)).await;
    let seen = subject.port.observe(&key(1)).await.expect("observe");
    assert_eq!(seen, Observed::Ready(endpoint), "a look sees what was launched");
    ended(subject, &key(1)).await;
}

/// Two calls with one key are one launch.
pub async fn ensure_repeats(subject: &RuntimeSubject) {
    let first = launched(subject, &key(1)).await;
    assert_eq!(launched(subject, &key(1)).await, first, "the same launch");
    assert_eq!(listed(subject).await, vec![key(1)], "one key, one launch");
    ended(subject, &key(1)).await;
}

/// Another spec under the same key is `Invalid`, and changes nothing.
pub async fn ensure_with_another_spec_is_invalid(subject: &RuntimeSubject) {
    let first = launched(subject, &key(1)).await;
    let other = subject.with.clone().with(|spec| spec.language = Some("xx.other".to_owned()));
    let refused = subject.port.ensure(&key(1), &other).await.expect_err("another spec");
    assert_eq!((refused.kind(), refused.is_transient()), (ErrorKind::Invalid, false));
    assert_eq!(launched(subject, &key(1)).await, first, "the launch goes on");
    ended(subject, &key(1)).await;
}

/// Looking creates nothing.
pub async fn observe_creates_nothing(subject: &RuntimeSubject) {
    assert_eq!(subject.port.observe(&key(1)).await.expect("observe"), Observed::Absent);
    assert_eq!(listed(subject).await, vec![]);
}

/// Removing what does not exist succeeds.
pub async fn remove_of_absent_succeeds(subject: &RuntimeSubject) {
    ended(subject, &key(1)).await;
    ended(subject, &key(1)).await;
}

/// What was removed is gone from every view.
pub async fn a_removed_launch_is_absent(subject: &RuntimeSubject) {
    launched(subject, &key(1)).await;
    ended(subject, &key(1)).await;
    let seen = subject.port.observe(&key(1)).await.expect("observe");
    assert!(matches!(seen, Observed::Absent | Observed::Broken(_)), "it has ended: {seen:?}");
    assert_eq!(listed(subject).await, vec![]);
    ended(subject, &key(1)).await;
}

/// Removing one launch leaves the others.
pub async fn remove_is_exact(subject: &RuntimeSubject) {
    launched(subject, &key(1)).await;
    let other = launched(subject, &stranger()).await;
    ended(subject, &key(1)).await;
    assert_eq!(listed(subject).await, vec![stranger()]);
    let seen = subject.port.observe(&stranger()).await.expect("observe");
    assert_eq!(seen, Observed::Ready(other), "the other launch goes on");
    ended(subject, &stranger()).await;
}

/// Removing an epoch that never was leaves the one that runs.
pub async fn remove_is_exact_in_the_epoch(subject: &RuntimeSubject) {
    launched(subject, &key(2)).await;
    ended(subject, &key(1)).await;
    assert_eq!(listed(subject).await, vec![key(2)]);
    ended(subject, &key(2)).await;
}

/// The next epoch launches again.
pub async fn a_fresh_epoch_launches_again(subject: &RuntimeSubject) {
    launched(subject, &key(1)).await;
    ended(subject, &key(1)).await;
    launched(subject, &key(2)).await;
    assert_eq!(listed(subject).await, vec![key(2)]);
    ended(subject, &key(2)).await;
}

/// A launch that has ended is `Broken` under its key, and stays ended.
pub async fn an_ended_launch_is_not_revived(subject: &RuntimeSubject) {
    launched(subject, &key(1)).await;
    ended(subject, &key(1)).await;
    let again = subject.port.ensure(&key(1), &subject.with).await.expect("ensure");
    assert!(matches!(again, Observed::Broken(_)), "it has ended: {again:?}");
    assert_eq!(listed(subject).await, vec![]);
}

/// Two launches have two addresses.
pub async fn launches_listen_apart(subject: &RuntimeSubject) {
    let one = launched(subject, &key(1)).await;
    let other = launched(subject, &stranger()).await;
    assert_ne!(one.authority(), other.authority());
    ended(subject, &key(1)).await;
    ended(subject, &stranger()).await;
}

/// A launch whose call was dropped is completed by calling again.
pub async fn a_dropped_ensure_can_be_repeated(subject: &RuntimeSubject) {
    let key = key(1);
    subject.dropped(|| subject.port.ensure(&key, &subject.with)).await;
    let first = launched(subject, &key).await;
    assert_eq!(listed(subject).await, vec![key.clone()], "one key, one launch");
    assert_eq!(launched(subject, &key).await, first);
    ended(subject, &key).await;
}

/// A removal whose call was dropped is completed by calling again.
pub async fn a_dropped_remove_can_be_repeated(subject: &RuntimeSubject) {
    let key = key(1);
    launched(subject, &key).await;
    subject.dropped(|| subject.port.remove(&key, Stop::Gentle)).await;
    ended(subject, &key).await;
    assert_eq!(listed(subject).await, vec![]);
}

/// An urgent stop ends a launch too.
pub async fn an_urgent_stop_ends_a_launch(subject: &RuntimeSubject) {
    let key = key(1);
    launched(subject, &key).await;
    subject.absent(|| subject.port.remove(&key, Stop::Now)).await;
    assert_eq!(listed(subject).await, vec![]);
}

/// Every call answers within its bound, whatever is under way.
pub async fn calls_are_bounded(subject: &RuntimeSubject) {
    let (port, key) = (&subject.port, key(1));
    let ensured = subject.bounded_call("ensure", port.ensure(&key, &subject.with)).await;
    ensured.expect("ensure");
    subject.bounded_call("observe", port.observe(&key)).await.expect("observe");
    subject.bounded_call("list", port.list()).await.expect("list");
    let removed = subject.bounded_call("remove", port.remove(&key, Stop::Gentle)).await;
    removed.expect("remove");
    ended(subject, &key).await;
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! runtime_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            a_launch_becomes_ready, ensure_repeats, ensure_with_another_spec_is_invalid,
            observe_creates_nothing, remove_of_absent_succeeds, a_removed_launch_is_absent,
            remove_is_exact, remove_is_exact_in_the_epoch, a_fresh_epoch_launches_again,
            an_ended_launch_is_not_revived, launches_listen_apart,
            a_dropped_ensure_can_be_repeated, a_dropped_remove_can_be_repeated,
            an_urgent_stop_ends_a_launch, calls_are_bounded
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_runtime {
    (real_time, $make:expr) => { $crate::runtime_cases!([$crate::conform_each] real_time runtime $make); };
    ($make:expr) => { $crate::runtime_cases!([$crate::conform_each] paused runtime $make); };
}

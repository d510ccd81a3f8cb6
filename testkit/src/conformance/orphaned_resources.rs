//! The contract of [`OrphanedResources`].
use std::fmt::Debug;
use std::sync::Arc;

use refractory_core::ports::{OrphanedResource, OrphanedResources};
use refractory_core::{InstanceId, async_trait};

use super::Subject;

/// Leaves things behind, as a process does that is killed between two calls.
#[async_trait]
pub trait Litter: Debug + Send + Sync + 'static {
    /// Leaves one more thing of `of` behind.
    async fn leave(&self, of: &InstanceId);
}

/// A net, with something that leaves things for it to find.
pub type LeftoversSubject = Subject<dyn OrphanedResources, Arc<dyn Litter>>;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).expect("an id")
}

async fn listed(subject: &LeftoversSubject) -> Vec<OrphanedResource> {
    let mut all = subject.port.list().await.expect("list");
    all.sort();
    all
}

async fn owners(subject: &LeftoversSubject) -> Vec<InstanceId> {
    let mut all: Vec<_> = listed(subject).await.into_iter().map(|left| left.of).collect();
    all.sort();
    all
}

async fn removed(subject: &LeftoversSubject, of: &InstanceId) {
    subject.absent(|| subject.port.remove(of)).await;
}

/// What was left is found, under its owner's name.
pub async fn what_was_left_is_listed_with_its_owner(subject: &LeftoversSubject) {
    assert_eq!(listed(subject).await, vec![]);
    for of in ["a", "b"] {
        subject.with.leave(&id(of)).await;
    }
    assert_eq!(owners(subject).await, vec![id("a"), id("b")]);
    assert_eq!(listed(subject).await, listed(subject).await, "looking changes nothing");
}

/// Everything has its own name, and says what it is.
pub async fn everything_has_a_name_of_its_own(subject: &LeftoversSubject) {
    for of in ["a", "a", "b"] {
        subject.with.leave(&id(of)).await;
    }
    let all = listed(subject).await;
    let names: std::collections::BTreeSet<_> = all.iter().map(|left| &left.name).collect();
    assert_eq!((all.len(), names.len()), (3, 3), "{all:?}");
    assert!(all.iter().all(|left| !left.what.is_empty()), "{all:?}");
}

/// Removing what is left of one instance leaves the others, even where one name begins with the other.
pub async fn remove_is_exact(subject: &LeftoversSubject) {
    for of in ["a", "a", "a-b"] {
        subject.with.leave(&id(of)).await;
    }
    removed(subject, &id("a")).await;
    assert_eq!(owners(subject).await, vec![id("a-b")]);
}

/// Removing where nothing is left succeeds.
pub async fn remove_of_absent_succeeds(subject: &LeftoversSubject) {
    removed(subject, &id("a")).await;
    subject.with.leave(&id("a")).await;
    removed(subject, &id("a")).await;
    removed(subject, &id("a")).await;
    assert_eq!(listed(subject).await, vec![]);
}

/// A removal whose call was dropped is completed by calling again.
pub async fn a_dropped_remove_can_be_repeated(subject: &LeftoversSubject) {
    let id = id("a");
    subject.with.leave(&id).await;
    subject.dropped(|| subject.port.remove(&id)).await;
    removed(subject, &id).await;
    assert_eq!(listed(subject).await, vec![]);
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! leftovers_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            what_was_left_is_listed_with_its_owner, everything_has_a_name_of_its_own,
            remove_is_exact, remove_of_absent_succeeds, a_dropped_remove_can_be_repeated
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_leftovers {
    (real_time, $make:expr) => { $crate::leftovers_cases!([$crate::conform_each] real_time orphaned_resources $make); };
    ($make:expr) => { $crate::leftovers_cases!([$crate::conform_each] paused orphaned_resources $make); };
}

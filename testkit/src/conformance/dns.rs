//! The contract of [`DnsZone`].
use refractory_core::model::{Hostname, Slug};
use refractory_core::ports::{DnsZone, Endpoint, NameRecord, Observed};
use refractory_core::{ErrorKind, InstanceId};

use super::Subject;

/// A zone; with the domain under which the cases may take names.
pub type DnsSubject = Subject<dyn DnsZone, String>;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).expect("an id")
}

fn name(subject: &DnsSubject, slug: &str) -> Hostname {
    Hostname::under(&Slug::new(slug).expect("a slug"), &subject.with)
}

fn record(subject: &DnsSubject, slug: &str, host: &str) -> NameRecord {
    NameRecord::new(name(subject, slug), Endpoint::new(host, 30_000))
}

async fn taken(subject: &DnsSubject, owner: &str, slug: &str, host: &str) -> Hostname {
    let (owner, record) = (id(owner), record(subject, slug, host));
    subject.ready(|| subject.port.ensure(&owner, &record)).await
}

async fn removed(subject: &DnsSubject, owner: &str, slug: &str) {
    let (owner, name) = (id(owner), name(subject, slug));
    subject.absent(|| subject.port.remove(&owner, &name)).await;
}

async fn listed(subject: &DnsSubject) -> Vec<(Hostname, InstanceId)> {
    let mut all = subject.port.list().await.expect("list");
    all.sort();
    all
}

/// A name that was taken is listed with its owner.
pub async fn a_taken_name_is_listed(subject: &DnsSubject) {
    assert_eq!(taken(subject, "a", "friday", "10.0.0.1").await, name(subject, "friday"));
    assert_eq!(listed(subject).await, vec![(name(subject, "friday"), id("a"))]);
}

/// The same owner may have the name lead elsewhere; it stays one name.
pub async fn ensure_replaces_ones_own(subject: &DnsSubject) {
    taken(subject, "a", "friday", "10.0.0.1").await;
    taken(subject, "a", "friday", "10.0.0.2").await;
    assert_eq!(listed(subject).await, vec![(name(subject, "friday"), id("a"))]);
}

/// A name that is another party's is `Conflict`, and stays theirs.
pub async fn somebody_elses_name_conflicts(subject: &DnsSubject) {
    taken(subject, "a", "friday", "10.0.0.1").await;
    let other = record(subject, "friday", "10.0.0.2");
    let refused = subject.port.ensure(&id("b"), &other).await.expect_err("taken");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert_eq!(listed(subject).await, vec![(name(subject, "friday"), id("a"))]);
}

/// Removing a name that is another party's says that one's own is absent, and leaves theirs.
pub async fn remove_leaves_somebody_elses(subject: &DnsSubject) {
    taken(subject, "a", "friday", "10.0.0.1").await;
    removed(subject, "b", "friday").await;
    assert_eq!(listed(subject).await, vec![(name(subject, "friday"), id("a"))]);
}

/// Removing one name leaves the owner's others.
pub async fn remove_is_exact(subject: &DnsSubject) {
    taken(subject, "a", "friday", "10.0.0.1").await;
    taken(subject, "a", "friday-night", "10.0.0.1").await;
    removed(subject, "a", "friday").await;
    assert_eq!(listed(subject).await, vec![(name(subject, "friday-night"), id("a"))]);
}

/// Removing what does not exist succeeds, and a removed name is free for others.
pub async fn a_removed_name_is_free(subject: &DnsSubject) {
    removed(subject, "a", "friday").await;
    taken(subject, "a", "friday", "10.0.0.1").await;
    removed(subject, "a", "friday").await;
    taken(subject, "b", "friday", "10.0.0.2").await;
    assert_eq!(listed(subject).await, vec![(name(subject, "friday"), id("b"))]);
}

/// A call that was dropped is completed by calling again.
pub async fn dropped_calls_can_be_repeated(subject: &DnsSubject) {
    let (owner, record) = (id("a"), record(subject, "friday", "10.0.0.1"));
    subject.dropped(|| subject.port.ensure(&owner, &record)).await;
    let again = subject.port.ensure(&owner, &record).await.expect("ensure");
    assert!(matches!(again, Observed::Ready(_) | Observed::Pending(_)));
    taken(subject, "a", "friday", "10.0.0.1").await;
    subject.dropped(|| subject.port.remove(&owner, &record.name)).await;
    removed(subject, "a", "friday").await;
    assert_eq!(listed(subject).await, vec![]);
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! dns_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            a_taken_name_is_listed, ensure_replaces_ones_own, somebody_elses_name_conflicts,
            remove_leaves_somebody_elses, remove_is_exact, a_removed_name_is_free,
            dropped_calls_can_be_repeated
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_dns {
    (real_time, $make:expr) => { $crate::dns_cases!([$crate::conform_each] real_time dns $make); };
    ($make:expr) => { $crate::dns_cases!([$crate::conform_each] paused dns $make); };
}

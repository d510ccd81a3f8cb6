//! The contract of [`Archives`].
use refractory_core::model::Version;
use refractory_core::ports::{ArchiveInfo, ArchiveSource, Archives};
use refractory_core::{ErrorKind, ReleaseId};

use super::Subject;

/// Archives to be stored.
#[derive(Debug)]
pub struct Sources {
    /// Two different ones, with what their releases are.
    pub good: [(ArchiveSource, Version); 2],
    /// The first one once more, with the same bytes in another place.
    pub copy: ArchiveSource,
    /// None at all: truncated, or something else.
    pub bad: ArchiveSource,
}

/// An archive store, with archives to store.
pub type ArchivesSubject = Subject<dyn Archives, Sources>;

async fn added(subject: &ArchivesSubject, which: usize) -> ArchiveInfo {
    let (source, version) = &subject.with.good[which];
    let info = subject.port.add(source).await.expect("an archive");
    assert_eq!(info.version, *version);
    info
}

async fn listed(subject: &ArchivesSubject) -> Vec<ReleaseId> {
    let all = subject.port.list().await.expect("list");
    let mut ids: Vec<_> = all.into_iter().map(|info| info.id).collect();
    ids.sort();
    ids
}

/// What was added is listed as it was read.
pub async fn an_added_archive_is_listed(subject: &ArchivesSubject) {
    let info = added(subject, 0).await;
    assert_eq!(subject.port.list().await.expect("list"), vec![info]);
}

/// The same bytes are the same archive, wherever they come from.
pub async fn the_same_bytes_are_one_archive(subject: &ArchivesSubject) {
    let first = added(subject, 0).await;
    assert_eq!(added(subject, 0).await, first);
    assert_eq!(subject.port.add(&subject.with.copy).await.expect("a copy"), first);
    assert_eq!(listed(subject).await, vec![first.id]);
}

/// Two archives are two.
pub async fn archives_are_apart(subject: &ArchivesSubject) {
    let (one, other) = (added(subject, 0).await, added(subject, 1).await);
    let mut expected = vec![one.id, other.id];
    expected.sort();
    assert_eq!(listed(subject).await, expected);
}

/// What is no archive is `Invalid`, says so, and is not stored.
pub async fn what_is_no_archive_is_invalid(subject: &ArchivesSubject) {
    let refused = subject.port.add(&subject.with.bad).await.expect_err("no archive");
    assert_eq!((refused.kind(), refused.is_transient()), (ErrorKind::Invalid, false));
    assert_eq!(listed(subject).await, vec![]);
}

/// Removing one leaves the others; removing what does not exist succeeds; what was removed can be added again.
pub async fn remove_is_exact_and_repeats(subject: &ArchivesSubject) {
    let (one, other) = (added(subject, 0).await, added(subject, 1).await);
    for _ in 0..2 {
        subject.port.remove(&one.id).await.expect("remove");
        assert_eq!(listed(subject).await, vec![other.id.clone()]);
    }
    assert_eq!(added(subject, 0).await, one);
}

/// An addition that was dropped stored all or nothing, and can be repeated.
pub async fn a_dropped_add_can_be_repeated(subject: &ArchivesSubject) {
    let (source, _) = &subject.with.good[0];
    subject.dropped(|| subject.port.add(source)).await;
    let info = added(subject, 0).await;
    assert_eq!(listed(subject).await, vec![info.id]);
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! archives_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            an_added_archive_is_listed, the_same_bytes_are_one_archive, archives_are_apart,
            what_is_no_archive_is_invalid, remove_is_exact_and_repeats, a_dropped_add_can_be_repeated
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_archives {
    (real_time, $make:expr) => { $crate::archives_cases!([$crate::conform_each] real_time archives $make); };
    ($make:expr) => { $crate::archives_cases!([$crate::conform_each] paused archives $make); };
}

//! The contract of [`LicensePool`].
use refractory_core::model::LicenseChoice;
use refractory_core::ports::{Granted, LicensePool, Observed};
use refractory_core::words::{English, Words as _};
use refractory_core::{ErrorKind, InstanceId, LicenseId};

use super::Subject;

/// A pool, with the licenses in it: two, free, their agreements accepted.
pub type LicensesSubject = Subject<dyn LicensePool, [LicenseId; 2]>;

const ANY: LicenseChoice = LicenseChoice::Any;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).expect("an id")
}

async fn leased(subject: &LicensesSubject, owner: &str, choice: &LicenseChoice) -> Granted {
    let owner = id(owner);
    let granted = subject.ready(|| subject.port.ensure(&owner, choice)).await;
    assert_eq!(granted.lease.holder, owner);
    granted
}

async fn returned(subject: &LicensesSubject, owner: &str) {
    let owner = id(owner);
    subject.absent(|| subject.port.remove(&owner)).await;
}

async fn waits(subject: &LicensesSubject, owner: &str, choice: &LicenseChoice) -> String {
    match subject.port.ensure(&id(owner), choice).await.expect("ensure") {
        Observed::Pending(Some(progress)) => English.progress(&progress),
        other => panic!("it should wait, and say why: {other:?}"),
    }
}

/// Who holds what, as the pool lists it.
async fn holders(subject: &LicensesSubject) -> Vec<Option<InstanceId>> {
    let all = subject.port.list().await.expect("list");
    let of = |id: &LicenseId| {
        let found = all.iter().find(|(license, _)| license == id);
        found.expect("every license is listed").1.clone()
    };
    subject.with.iter().map(of).collect()
}

/// A lease names its license and its holder, and a look says the same.
pub async fn a_lease_is_granted_and_seen(subject: &LicensesSubject) {
    let granted = leased(subject, "a", &ANY).await;
    assert!(subject.with.contains(&granted.lease.license));
    assert!(granted.eula_accepted);
    let seen = subject.port.observe(&id("a")).await.expect("observe");
    assert_eq!(seen, Observed::Ready(granted));
}

/// The same owner keeps the same lease, even if it now wishes for another.
pub async fn ensure_repeats(subject: &LicensesSubject) {
    let [one, other] = subject.with.clone();
    let first = leased(subject, "a", &LicenseChoice::Only(one)).await;
    let again = leased(subject, "a", &LicenseChoice::Only(other)).await;
    assert_eq!(again.lease, first.lease);
    assert_eq!(holders(subject).await, vec![Some(id("a")), None]);
}

/// One license has one holder; other instances wait, and learn why.
pub async fn one_license_has_one_holder(subject: &LicensesSubject) {
    let [only, _] = subject.with.clone();
    let choice = LicenseChoice::Only(only);
    leased(subject, "a", &choice).await;
    assert!(!waits(subject, "b", &choice).await.is_empty());
    assert_eq!(holders(subject).await, vec![Some(id("a")), None]);
}

/// Two that take any get two, with two keys.
pub async fn two_owners_get_two_licenses(subject: &LicensesSubject) {
    let (one, other) = (leased(subject, "a", &ANY).await, leased(subject, "b", &ANY).await);
    assert_ne!(one.lease.license, other.lease.license);
    assert_ne!(one.key, other.key);
    waits(subject, "c", &ANY).await;
}

/// A choice for one license is not served by another.
pub async fn a_wish_is_for_that_license(subject: &LicensesSubject) {
    for wished in subject.with.iter().rev() {
        let granted = leased(subject, wished.as_str(), &LicenseChoice::Only(wished.clone())).await;
        assert_eq!(granted.lease.license, *wished);
    }
}

/// A license that is not there is `NotFound`.
pub async fn an_unknown_license_is_not_found(subject: &LicensesSubject) {
    let unknown = LicenseChoice::Only(LicenseId::new("no-such-license").expect("an id"));
    let refused = subject.port.ensure(&id("a"), &unknown).await.expect_err("no such license");
    assert_eq!((refused.kind(), refused.is_transient()), (ErrorKind::NotFound, false));
}

/// Looking leases nothing.
pub async fn observe_leases_nothing(subject: &LicensesSubject) {
    assert_eq!(subject.port.observe(&id("a")).await.expect("observe"), Observed::Absent);
    assert_eq!(holders(subject).await, vec![None, None]);
}

/// Returning what is not held succeeds, and takes nothing from others.
pub async fn remove_is_exact(subject: &LicensesSubject) {
    leased(subject, "a", &ANY).await;
    returned(subject, "b").await;
    assert!(matches!(subject.port.observe(&id("a")).await, Ok(Observed::Ready(_))));
}

/// A returned license is free, and its next lease has a greater fence.
pub async fn the_fence_rises(subject: &LicensesSubject) {
    let [only, _] = subject.with.clone();
    let choice = LicenseChoice::Only(only);
    let first = leased(subject, "a", &choice).await;
    returned(subject, "a").await;
    assert_eq!(subject.port.observe(&id("a")).await.expect("observe"), Observed::Absent);
    let next = leased(subject, "b", &choice).await;
    assert!(next.lease.fence > first.lease.fence, "{next:?} after {first:?}");
}

/// What is returned goes to the one that waits, and no one slips in between.
pub async fn the_next_grant_is_kept_for_who_waits(subject: &LicensesSubject) {
    let [only, _] = subject.with.clone();
    let choice = LicenseChoice::Only(only);
    leased(subject, "a", &choice).await;
    waits(subject, "b", &choice).await;
    returned(subject, "a").await;
    waits(subject, "c", &choice).await;
    leased(subject, "b", &choice).await;
}

/// Who gives up waiting keeps nothing from others.
pub async fn giving_up_keeps_nothing(subject: &LicensesSubject) {
    let [only, _] = subject.with.clone();
    let choice = LicenseChoice::Only(only);
    leased(subject, "a", &choice).await;
    waits(subject, "b", &choice).await;
    returned(subject, "b").await;
    returned(subject, "a").await;
    leased(subject, "c", &choice).await;
}

/// Of many that ask at the same moment, as many win as there are licenses.
pub async fn a_rush_has_one_winner_each(subject: &LicensesSubject) {
    let mut hands = tokio::task::JoinSet::new();
    for number in 0..6 {
        let port = subject.port.clone();
        hands.spawn(async move { port.ensure(&id(&format!("rush-{number}")), &ANY).await });
    }
    let mut won = 0;
    while let Some(answer) = hands.join_next().await {
        match answer.expect("a call").expect("ensure") {
            Observed::Ready(_) => won += 1,
            Observed::Pending(_) => {}
            other => panic!("a rush answered {other:?}"),
        }
    }
    let held = holders(subject).await.into_iter().flatten().count();
    assert!(won == held && (1..=2).contains(&won), "{won} won, {held} are held");
}

/// A call that was dropped is completed by calling again.
pub async fn dropped_calls_can_be_repeated(subject: &LicensesSubject) {
    let owner = id("a");
    subject.dropped(|| subject.port.ensure(&owner, &ANY)).await;
    leased(subject, "a", &ANY).await;
    assert_eq!(holders(subject).await.into_iter().flatten().count(), 1);
    subject.dropped(|| subject.port.remove(&owner)).await;
    returned(subject, "a").await;
    assert_eq!(holders(subject).await, vec![None, None]);
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! licenses_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            a_lease_is_granted_and_seen, ensure_repeats, one_license_has_one_holder,
            two_owners_get_two_licenses, a_wish_is_for_that_license, an_unknown_license_is_not_found,
            observe_leases_nothing, remove_is_exact, the_fence_rises,
            the_next_grant_is_kept_for_who_waits, giving_up_keeps_nothing,
            a_rush_has_one_winner_each, dropped_calls_can_be_repeated
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_licenses {
    (real_time, $make:expr) => { $crate::licenses_cases!([$crate::conform_each] real_time licenses $make); };
    ($make:expr) => { $crate::licenses_cases!([$crate::conform_each] paused licenses $make); };
}

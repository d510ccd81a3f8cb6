//! Liars about the ports of the world: each behaves, but for one lie.
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    reason = "a liar does everything honestly but one thing; a failed test panics"
)]
mod archives;
mod assets;
mod dns;
mod licenses;
mod logs;
mod runtime;
mod snapshots;
mod storage;

/// Whether a case panics.
async fn fails(case: impl Future<Output = ()> + Send + 'static) -> bool {
    let mut hand = tokio::task::JoinSet::new();
    hand.spawn(case);
    !matches!(hand.join_next().await, Some(Ok(())))
}

/// Runs every case of a suite against a fresh subject; the names of all, and of those that fail.
macro_rules! held_against {
    (($suite:ident, $make:expr) $($case:ident),* $(,)?) => {{
        let mut failed = Vec::new();
        $({
            let subject = $make;
            let case = async move { testkit::conformance::$suite::$case(&subject).await };
            if crate::liars::world::fails(case).await {
                failed.push(stringify!($case));
            }
        })*
        (vec![$(stringify!($case)),*], failed)
    }};
}
use held_against;

/// Runs a suite against every liar there is.
macro_rules! every_lie_is_caught {
    ($cases:ident, $suite:ident, $lies:expr, $make:expr) => {{
        let make = $make;
        let (mut all, mut caught) = (Vec::new(), Vec::new());
        for (name, lie) in $lies {
            let (cases, failed) = testkit::$cases!([held_against] $suite, make(lie).await);
            all = cases;
            caught.push((name, failed));
        }
        crate::liars::assert_honest_suite(all.into_iter(), &caught);
    }};
}
use every_lie_is_caught;

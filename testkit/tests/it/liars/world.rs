//! Liars about the ports of the world: each behaves, but for one lie.
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    reason = "a liar does everything honestly but one thing; a failed test panics"
)]
use std::sync::atomic::{AtomicBool, Ordering};

use refractory_core::{Error, ErrorKind, Result};

/// The lies that one liar tells, one at a time: an enum `Lie`, and `LIES` with what each is called.
macro_rules! lies {
    ($($lie:ident),* $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq)]
        enum Lie {
            $($lie),*
        }

        const LIES: &[(&str, Lie)] = &[$((stringify!($lie), Lie::$lie)),*];
    };
}

mod archives;
mod assets;
mod dns;
mod door;
mod licenses;
mod logs;
mod orphaned_resources;
mod runtime;
mod snapshots;
mod storage;

/// What a careless implementation takes before it awaits: a call that is dropped there leaves it taken.
#[derive(Debug, Default)]
struct LeakyLock(AtomicBool);

impl LeakyLock {
    fn take(&self) -> Result<()> {
        if self.0.swap(true, Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "waiting for a lock"));
        }
        Ok(())
    }

    fn give_back(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Runs every case of a suite against a fresh subject; the names of all, and of those that fail.
macro_rules! held_against {
    (($suite:ident, $make:expr) $($case:ident),* $(,)?) => {{
        let mut failed = Vec::new();
        $({
            let subject = $make;
            let case = async move { testkit::conformance::$suite::$case(&subject).await };
            if crate::liars::fails(case).await {
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
        for &(name, lie) in $lies {
            let (cases, failed) = testkit::$cases!([held_against] $suite, make(lie).await);
            all = cases;
            caught.push((name, failed));
        }
        crate::liars::assert_honest_suite(all.into_iter(), &caught);
    }};
}
use every_lie_is_caught;

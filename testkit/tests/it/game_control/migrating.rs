//! Migrations, which must never be broken off.
use std::time::Duration;

use refractory_core::ports::{Observed, Stop};
use testkit::conformance::game::GameFixture;
use testkit::foundry::{FixtureRelease, FoundryFixture, Launch, Version};

use super::opening::until_ready;
use super::{EXE, version};

/// A house whose worlds were last opened one generation ago, and whose migration takes `long`.
async fn older(generation: u32, long: &str) -> FoundryFixture {
    let now = version(generation);
    let before = Version::new(generation - 1, 1);
    let launch = Launch::of(EXE, now).switch("migration", long);
    FoundryFixture::open_older(launch, FixtureRelease::unsigned(now), before).await
}

#[tokio::test]
async fn scenario_24_a_slow_migration_is_pending_and_uninterruptible() {
    for generation in [11, 13, 14] {
        let house = older(generation, "1500ms").await;
        let (at, first) = (house.target(), house.first());
        house.control().ensure(&at, &first).await.unwrap();
        house.program().line("Migrating world").await;
        let migrating = protected(house.control().ensure(&at, &first).await);
        assert!(migrating, "{generation}: opening");
        assert!(protected(house.control().observe(&at).await), "{generation}: looking");
        for how in [Stop::Gentle, Stop::Now] {
            assert!(protected(house.control().remove(&at, how).await), "{generation}: closing");
        }
        assert_eq!(until_ready(&house, &first).await, first.world);
        let mid = |line: &&String| line.contains("mid-migration");
        assert_eq!(house.program().lines().iter().find(mid), None);
    }
}

#[tokio::test]
async fn scenario_24_progress_of_a_migration_moves() {
    let house = older(13, "800ms").await;
    let (at, first) = (house.target(), house.first());
    let mut seen = std::collections::BTreeSet::new();
    loop {
        match house.control().ensure(&at, &first).await.unwrap() {
            Observed::Ready(_) => break,
            Observed::Pending(progress) => seen.extend(progress.and_then(|told| told.percent)),
            other => panic!("{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(seen.len() > 2, "{seen:?}");
}

fn protected<T: std::fmt::Debug>(answer: refractory_core::Result<Observed<T>>) -> bool {
    match answer {
        Ok(Observed::Pending(Some(progress))) => progress.uninterruptible,
        other => panic!("{other:?}"),
    }
}

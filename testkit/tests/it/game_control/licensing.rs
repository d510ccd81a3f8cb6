//! Keys, agreements and signatures.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use refractory_core::{ErrorKind, Secret};
use testkit::conformance::game::GameFixture;
use testkit::foundry::{FixtureRelease, FoundryFixture, Launch};
use tokio::net::TcpListener;

use super::opening::until_ready;
use super::{EXE, house, prepared, version};

#[tokio::test]
async fn scenario_19_an_agreement_asked_again_is_replayed() {
    for generation in [9, 13, 14] {
        let signed = signed_by(generation).await;
        let plan = FixtureRelease {
            signed: Some(signed),
            ..FixtureRelease::unsigned(version(generation))
        };
        let launch = Launch::of(EXE, version(generation)).switch("hostname", "another-machine");
        let house = FoundryFixture::open(launch, plan).await;
        let first = house.first();
        assert_eq!(until_ready(&house, &first).await, first.world, "{generation}");
    }
}

#[tokio::test]
async fn scenario_19_an_agreement_asked_again_is_not_accepted_for_nobody() {
    let house = prepared(13, |launch| launch.switch("eula_again", "true")).await;
    let mut first = house.first();
    first.eula_accepted = false;
    let error = house.control().ensure(&house.target(), &first).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn scenario_19_a_warm_start_asks_the_vendor_nothing() {
    let site = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", site.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        while site.accept().await.is_ok() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let plan = FixtureRelease {
        signed: Some(signed_by(13).await),
        ..FixtureRelease::unsigned(version(13))
    };
    let launch = Launch::of(EXE, version(13)).switch("site", &address);
    let house = FoundryFixture::open(launch, plan).await;
    let first = house.first();
    assert_eq!(until_ready(&house, &first).await, first.world);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_signature_that_cannot_be_had_may_be_had_later() {
    let house = prepared(13, |launch| launch.switch("sign_fails", "true")).await;
    let error = house.control().ensure(&house.target(), &house.first()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.for_people().contains("foundryvtt.com"));
}

#[tokio::test]
async fn a_mistyped_key_is_invalid_and_never_sent() {
    let house = house(13).await;
    let mut first = house.first();
    first.license = Some(Secret::new("AAAA-BBBB"));
    let error = house.control().ensure(&house.target(), &first).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

/// The `license.json` that a first start leaves behind.
async fn signed_by(generation: u32) -> Vec<u8> {
    let house = house(generation).await;
    let mut first = house.first();
    first.world = None;
    until_ready(&house, &first).await;
    house.signed().unwrap()
}

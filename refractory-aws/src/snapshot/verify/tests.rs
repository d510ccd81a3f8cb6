use std::future::{pending, ready};

use refractory_core::{InstanceId, Timestamp};

use super::*;

fn name() -> SnapshotName {
    SnapshotName { of: InstanceId::new("a").unwrap(), at: Timestamp(1) }
}

async fn ended(checks: &Checks, request: &str) -> bool {
    while checks.gathered().ended.is_empty() {
        tokio::task::yield_now().await;
    }
    checks.take_ended(&name(), request).is_some()
}

/// What the first one came to was not asked: its user canceled it.
#[tokio::test]
async fn what_one_request_found_is_no_answer_to_another() {
    let checks = Checks::default();
    checks.read(&name(), "first", |_| ready(Ok(())));
    assert!(!ended(&checks, "second").await);
    checks.read(&name(), "second", |_| ready(Ok(())));
    assert!(ended(&checks, "second").await);
    assert!(checks.gathered().reading.is_empty());
}

#[tokio::test]
async fn a_reading_ends_when_another_request_comes() {
    let checks = Checks::default();
    checks.read(&name(), "first", |_| pending());
    checks.read(&name(), "second", |_| ready(Ok(())));
    assert!(ended(&checks, "second").await);
    while !checks.gathered().tasks.is_empty() {
        tokio::task::yield_now().await;
    }
}

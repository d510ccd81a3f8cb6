//! Lives in which nothing goes wrong.
use std::time::Duration;

use testkit::aws::{Call, inventory};

use super::house::House;
use super::story::Trouble;

/// No trouble at all.
pub(super) const QUIET: Trouble =
    Trouble { calls: None, attempt: Duration::from_secs(20), pace: 400 };

/// What is asked for in lists inside the server is what boto3 sees from outside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_life_leaves_nothing() {
    let house = House::made().await;
    let before = inventory(&house.account).await;
    let story = house.life(&QUIET).await;
    assert_eq!(story.wrong, Vec::<String>::new());
    assert!(story.given_up.is_empty(), "{:?}", story.given_up);
    let failed: Vec<&Call> = story.calls.iter().filter(|call| call.attempt > 1).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(inventory(&house.account).await, before);
}

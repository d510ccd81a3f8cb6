//! When AWS has no machine.
use std::time::Duration;

use refractory_aws::FargateRuntime;
use refractory_core::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Stop};
use refractory_core::{ErrorKind, LaunchId, Result};
use testkit::aws::{Capacity, Switches};

use crate::support::bed::{Bed, down, up};

fn none_at(subnet: &str, provider: &str, times: u32) -> Capacity {
    let mut rule = Capacity::default();
    (rule.times, rule.subnet, rule.provider) =
        (times, Some(subnet.to_owned()), Some(provider.to_owned()));
    rule
}

#[tokio::test]
async fn scenario_10_no_capacity_in_one_zone_tries_the_next_and_says_so() {
    let bed = Bed::made().await;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    // Wherever AWS likes, it likes what is full; and so is the first zone alone.
    let rules = vec![none_at("subnet-a", "FARGATE", 2), none_at("subnet-b", "FARGATE", 1)];
    bed.account.set(&Switches { no_capacity: rules, ..Switches::default() }).await.unwrap();
    let (_, told) = up(&runtime, &key, &bed.spec).await;
    assert!(
        told[0].contains("subnet-a is tried") && told[1].contains("subnet-b is tried"),
        "{told:?}"
    );
    let tasks = bed.tasks().await;
    assert_eq!(tasks.len(), 1, "one launch");
    down(&runtime, &key).await;
}

#[tokio::test]
async fn scenario_10_no_spare_capacity_runs_at_the_full_price_where_that_is_allowed() {
    let mut bed = Bed::made().await;
    bed.config.spot = true;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    let spot =
        || vec![none_at("subnet-a", "FARGATE_SPOT", 9), none_at("subnet-b", "FARGATE_SPOT", 9)];
    bed.account.set(&Switches { no_capacity: spot(), ..Switches::default() }).await.unwrap();
    let (_, told) = up(&runtime, &key, &bed.spec).await;
    assert!(told.iter().any(|told| told.contains("full price")), "{told:?}");
    assert_eq!(bed.tasks().await.len(), 1);
    down(&runtime, &key).await;

    bed.config.on_demand = false;
    let (runtime, key) = (bed.runtime(), bed.table("b").await);
    bed.account.set(&Switches { no_capacity: spot(), ..Switches::default() }).await.unwrap();
    let mut told = Vec::new();
    for _ in 0..8 {
        let Observed::Pending(Some(progress)) = runtime.ensure(&key, &bed.spec).await.unwrap()
        else {
            panic!("there is no machine")
        };
        told.push(progress.message);
    }
    assert!(told.last().unwrap().contains("every half minute"), "{told:?}");
    assert!(
        bed.tasks().await.iter().all(|task| task.last_status() == Some("STOPPED")),
        "nothing at the full price"
    );
    assert_eq!(runtime.remove(&key, Stop::Gentle).await.unwrap(), Observed::Absent);
}

/// Asks for the launch until it is neither ready nor pending.
async fn failed(
    runtime: &FargateRuntime,
    key: &LaunchId,
    spec: &LaunchSpec,
) -> Result<Observed<Endpoint>> {
    loop {
        match runtime.ensure(key, spec).await {
            Ok(Observed::Pending(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            other => return other,
        }
    }
}

#[tokio::test]
async fn scenario_11_a_volume_that_cannot_be_mounted_ends_the_start_and_says_so() {
    let bed = Bed::made().await;
    let (runtime, key) = (bed.runtime(), bed.table_on_bare_ground("a").await);
    let broken = failed(&runtime, &key, &bed.spec).await;
    let Ok(Observed::Broken(reason)) = broken else { panic!("{broken:?}") };
    assert!(reason.0.contains("(storage)"), "{reason}");
    // The worker takes it away and launches afresh, as often as it has patience: no loop here, one task each.
    down(&runtime, &key).await;
    std::fs::create_dir_all(bed.folder(&key.instance)).unwrap();
    let next = LaunchId { attempt: 2, ..key };
    up(&runtime, &next, &bed.spec).await;
    assert_eq!(bed.tasks().await.len(), 2);
    down(&runtime, &next).await;
}

#[tokio::test]
async fn a_start_that_fails_for_want_of_its_secret_is_a_start_that_failed() {
    let bed = Bed::made().await;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    bed.account.set(&Switches { broken_starts: 1, ..Switches::default() }).await.unwrap();
    let broken = failed(&runtime, &key, &bed.spec).await;
    let Ok(Observed::Broken(reason)) = broken else { panic!("{broken:?}") };
    assert!(reason.0.contains("secret"), "{reason}");
    down(&runtime, &key).await;
}

#[tokio::test]
async fn what_would_fail_each_time_is_not_tried_twice() {
    let mut bed = Bed::made().await;
    bed.config.image = "nobody/has-this:{version}".to_owned();
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    let error = failed(&runtime, &key, &bed.spec).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false));
    assert!(error.for_people().contains("Set `image`"), "{error:?}");
    down(&runtime, &key).await;
}

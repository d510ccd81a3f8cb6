//! When answers are lost, late, or not yet true.
use std::time::Duration;

use refractory_core::LaunchId;
use refractory_core::ports::{InstanceRuntime, Observed, Stop};
use testkit::aws::{Fault, FaultProxy, Program, Rule, Switches};

use crate::support::bed::{Bed, IMAGE, down, seen, up};
use crate::support::clients_at;

#[tokio::test]
async fn scenario_08_missing_after_a_start_is_not_absence() {
    let bed = Bed::made().await;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    bed.account.set(&Switches { missing: 3, ..Switches::default() }).await.unwrap();
    let (_, told) = up(&runtime, &key, &bed.spec).await;
    assert!(told.iter().any(|told| told.contains("does not show its task yet")), "{told:?}");
    assert_eq!(bed.tasks().await.len(), 1, "no second task");
    down(&runtime, &key).await;
}

#[tokio::test]
async fn scenario_08_nor_for_whoever_comes_after_a_crash() {
    let bed = Bed::made().await;
    let key = bed.table("a").await;
    bed.runtime().ensure(&key, &bed.spec).await.unwrap();
    let proxy = FaultProxy::start(bed.account.address()).await;
    let successor = bed.runtime_over(clients_at(&bed.account, &proxy.endpoint()));
    proxy.arrange(Rule::on("ecs", "DescribeTasks").first(2), Fault::Missing);
    assert!(matches!(successor.observe(&key).await, Ok(Observed::Pending(_)) | Err(_)));
    let (endpoint, _) = up(&successor, &key, &bed.spec).await;
    assert_eq!(successor.observe(&key).await.unwrap(), Observed::Ready(endpoint));
    assert_eq!(bed.tasks().await.len(), 1);
    down(&successor, &key).await;
}

#[tokio::test]
async fn scenario_09_what_is_no_longer_listed_is_absent_after_a_while() {
    let mut bed = Bed::made().await;
    let clock = bed.take_the_clock();
    let key = bed.table("a").await;
    let proxy = FaultProxy::start(bed.account.address()).await;
    let runtime = bed.runtime_over(clients_at(&bed.account, &proxy.endpoint()));
    up(&runtime, &key, &bed.spec).await;
    proxy.arrange(Rule::on("ecs", "DescribeTasks"), Fault::Missing);
    clock.forward(Duration::from_secs(5));
    let seen = runtime.observe(&key).await.unwrap();
    assert!(matches!(seen, Observed::Pending(_)), "one answer says nothing: {seen:?}");
    clock.forward(Duration::from_mins(2));
    assert_eq!(runtime.observe(&key).await.unwrap(), Observed::Absent);
    assert_eq!(runtime.remove(&key, Stop::Gentle).await.unwrap(), Observed::Absent);
}

#[tokio::test]
async fn scenario_09_what_was_begun_and_left_nothing_is_absent_after_a_while_and_not_begun_again() {
    let mut bed = Bed::made().await;
    let clock = bed.take_the_clock();
    let key = bed.table("a").await;
    let proxy = FaultProxy::start(bed.account.address()).await;
    let doomed = bed.runtime_over(clients_at(&bed.account, &proxy.endpoint()));
    // Killed when it has told the launch its secrets, and launched nothing.
    proxy.cut_after(3);
    drop(tokio::time::timeout(Duration::from_secs(1), doomed.ensure(&key, &bed.spec)).await);
    assert!(proxy.is_cut());

    let runtime = bed.runtime();
    for _ in 0..2 {
        let seen = runtime.ensure(&key, &bed.spec).await.unwrap();
        assert!(matches!(seen, Observed::Pending(_)), "its task may only not be visible: {seen:?}");
        assert!(matches!(runtime.observe(&key).await.unwrap(), Observed::Pending(_)));
    }
    clock.forward(Duration::from_mins(2));
    assert!(matches!(runtime.ensure(&key, &bed.spec).await.unwrap(), Observed::Broken(_)));
    assert_eq!(runtime.remove(&key, Stop::Gentle).await.unwrap(), Observed::Absent);
    assert!(bed.tasks().await.is_empty(), "nothing was launched");
    let next = LaunchId { attempt: 2, ..key };
    up(&runtime, &next, &bed.spec).await;
    down(&runtime, &next).await;
}

#[tokio::test]
async fn a_lost_answer_launches_nothing_twice() {
    for (service, operation) in [
        ("secretsmanager", "CreateSecret"),
        ("secretsmanager", "PutSecretValue"),
        ("ecs", "DescribeTaskDefinition"),
        ("ecs", "RegisterTaskDefinition"),
        ("ecs", "RunTask"),
        ("ecs", "DescribeTasks"),
    ] {
        let bed = Bed::made().await;
        let key = bed.table("a").await;
        let proxy = FaultProxy::start(bed.account.address()).await;
        // Every attempt of the SDK's own, so that the call fails.
        proxy.arrange(Rule::on(service, operation).first(3), Fault::ReplyLost);
        let runtime = bed.runtime_over(clients_at(&bed.account, &proxy.endpoint()));
        let mut failed = 0;
        loop {
            match runtime.ensure(&key, &bed.spec).await {
                Ok(Observed::Ready(_)) => break,
                Ok(Observed::Pending(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(other) => panic!("{operation}: {other:?}"),
                Err(error) if error.is_transient() && failed < 3 => failed += 1,
                Err(error) => panic!("{operation}: {error:?}"),
            }
        }
        assert_eq!(bed.tasks().await.len(), 1, "{operation}");
        down(&runtime, &key).await;
    }
}

#[tokio::test]
async fn whoever_is_killed_anywhere_leaves_a_launch_that_is_found_again() {
    for calls in 1..=6 {
        let mut bed = Bed::made().await;
        let clock = bed.take_the_clock();
        let key = bed.table("a").await;
        let proxy = FaultProxy::start(bed.account.address()).await;
        let doomed = bed.runtime_over(clients_at(&bed.account, &proxy.endpoint()));
        proxy.cut_after(calls);
        let life = async {
            while !matches!(doomed.ensure(&key, &bed.spec).await, Ok(Observed::Ready(_))) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = life => {}
            () = proxy.cut() => {}
        }
        let runtime = bed.runtime();
        let found = loop {
            match runtime.ensure(&key, &bed.spec).await.unwrap() {
                Observed::Pending(_) => clock.forward(Duration::from_secs(10)),
                other => break other,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert!(
            matches!(found, Observed::Ready(_) | Observed::Broken(_)),
            "after {calls} calls: {found:?}"
        );
        assert!(bed.tasks().await.len() <= 1, "after {calls} calls");
        down(&runtime, &key).await;
        assert!(runtime.list().await.unwrap().is_empty(), "after {calls} calls");
    }
}

#[tokio::test]
async fn what_somebody_else_launched_is_stopped_by_its_name_alone() {
    let bed = Bed::made().await;
    let key = bed.table("a").await;
    up(&bed.runtime(), &key, &bed.spec).await;
    let other = bed.runtime();
    assert_eq!(other.list().await.unwrap(), [key.clone()]);
    down(&other, &key).await;
    assert!(other.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_program_that_ended_is_broken_and_says_how() {
    let bed = Bed::made().await;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    bed.account.run_as(IMAGE, &Program::new("/bin/sh", &["-c", "sleep 1; exit 3"])).await.unwrap();
    up(&runtime, &key, &bed.spec).await;
    let broken = seen(&runtime, &key, |seen| matches!(seen, Observed::Broken(_))).await;
    let Observed::Broken(reason) = broken else { panic!("{broken:?}") };
    assert!(reason.0.contains("exit code 3"), "{reason}");
    assert!(runtime.list().await.unwrap().is_empty(), "it is no launch any more");
    down(&runtime, &key).await;
}

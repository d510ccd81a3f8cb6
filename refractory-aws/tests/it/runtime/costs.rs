//! What calls cost: counted between SDK and AWS.
use futures_util::future::join_all;
use refractory_core::LaunchId;
use refractory_core::ports::{InstanceRuntime, Observed};
use testkit::aws::FaultProxy;

use crate::support::bed::{Bed, down, up};
use crate::support::clients_at;

#[tokio::test]
async fn a_start_makes_three_calls_in_sequence_and_the_next_one_two() {
    let bed = Bed::made().await;
    let key = bed.table("a").await;
    let proxy = FaultProxy::start(bed.account.address()).await;
    let runtime = bed.runtime_over(clients_at(&bed.account, &proxy.endpoint()));
    runtime.ensure(&key, &bed.spec).await.unwrap();
    let calls: Vec<_> = proxy.calls().into_iter().map(|call| call.operation).collect();
    // The first of the three are one moment: whatever there is to know is asked for at once.
    let mut at_once = calls[..4].to_vec();
    at_once.sort();
    let together = ["CreateSecret", "DescribeTaskDefinition", "GetObject", "PutSecretValue"];
    assert_eq!(at_once, together, "the object says whether a snapshot is being put back");
    assert_eq!(calls[4..], ["RegisterTaskDefinition", "RunTask"]);
    up(&runtime, &key, &bed.spec).await;
    down(&runtime, &key).await;

    proxy.forget();
    let next = LaunchId { attempt: 2, ..key };
    runtime.ensure(&next, &bed.spec).await.unwrap();
    let mut calls: Vec<_> = proxy.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(calls.pop().as_deref(), Some("RunTask"));
    calls.sort();
    let together = ["DescribeTaskDefinition", "GetObject", "PutSecretValue"];
    assert_eq!(calls, together, "the definition is used again");
    up(&runtime, &next, &bed.spec).await;
    down(&runtime, &next).await;
}

#[tokio::test]
async fn a_look_at_many_tables_costs_one_call_for_a_hundred() {
    const TABLES: usize = 120;
    let bed = Bed::made().await;
    let definition = bed.bare_definition("bare").await;
    let mut keys = Vec::new();
    for table in 0..TABLES {
        let key: LaunchId = format!("t{table}.1").parse().unwrap();
        bed.run_bare(&definition, &key).await;
        keys.push(key);
    }
    let proxy = FaultProxy::start(bed.account.address()).await;
    let clients = clients_at(&bed.account, &proxy.endpoint());

    // All at once, and as a worker does it: sixteen at a time.
    let runtime = bed.runtime_over(clients.clone());
    until_all_run(&bed, TABLES).await;
    assert_eq!(looked(&runtime, &keys, TABLES).await, TABLES);
    assert!(
        proxy.calls().len() <= 2 * TABLES.div_ceil(100) + 1,
        "whoever knows nothing lists first"
    );
    for at_once in [TABLES, 16] {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        proxy.forget();
        assert_eq!(looked(&runtime, &keys, at_once).await, TABLES);
        let calls = proxy.calls().len();
        assert!(calls <= TABLES / 100 + 2, "{calls} calls for {TABLES} tables, {at_once} at once");
    }

    proxy.forget();
    assert_eq!(runtime.list().await.unwrap().len(), TABLES);
    assert!(proxy.calls().len() <= TABLES.div_ceil(100) + 1, "whose tasks they are is known");
}

/// Waits until all have left PROVISIONING behind.
async fn until_all_run(bed: &Bed, tables: usize) {
    loop {
        let (cluster, as_what) = (&bed.outputs.cluster, aws_sdk_ecs::types::DesiredStatus::Running);
        let mut running = 0;
        let mut pages = bed
            .clients
            .ecs
            .list_tasks()
            .cluster(cluster)
            .desired_status(as_what)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let call = bed
                .clients
                .ecs
                .describe_tasks()
                .cluster(cluster)
                .set_tasks(page.unwrap().task_arns);
            let tasks = call.send().await.unwrap().tasks.unwrap_or_default();
            running += tasks.iter().filter(|task| task.last_status() == Some("RUNNING")).count();
        }
        if running == tables {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Looks at every table, `at_once` at a time; how many run.
async fn looked(runtime: &impl InstanceRuntime, keys: &[LaunchId], at_once: usize) -> usize {
    let mut ready = 0;
    for some in keys.chunks(at_once) {
        let seen = join_all(some.iter().map(|key| runtime.observe(key))).await;
        ready += seen.iter().filter(|seen| matches!(seen, Ok(Observed::Ready(_)))).count();
    }
    ready
}

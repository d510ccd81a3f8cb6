//! A life that is cut off after each of its calls leaves nothing that is not found again.
use std::time::Duration;

use refractory_core::ports::{AssetStore, Observed};
use testkit::aws::{Emulator, Fault, FaultProxy, Inventory, Rule, inventory};

use crate::support::assets::{Tables, absent};

#[tokio::test]
async fn a_place_cut_off_after_any_call_is_completed_and_removed() {
    let account = Emulator::shared().await.account();
    let tables = Tables::new(&account);
    let proxy = FaultProxy::start(account.address()).await;
    let mut calls = 0;
    loop {
        calls += 1;
        let table = tables.add(&format!("c{calls}")).await;
        proxy.forget();
        proxy.cut_after(calls);
        let cut = {
            let port = tables.port_at(&proxy.endpoint());
            tokio::select! { _ = tables.ready(&port, &table) => false, () = proxy.cut() => true }
        };
        proxy.heal();
        // IAM may list late: a key that is missing from the list is believed after a minute.
        tables.clock.forward(Duration::from_mins(2));
        tables.ready(&tables.port(), &table).await;
        absent(&tables.port(), &table).await;
        if !cut {
            break;
        }
    }
    assert!((15..40).contains(&calls), "{calls} calls");
    assert_eq!(tables.port().list().await.unwrap(), []);
    assert_eq!(inventory(&account).await, Inventory::new());
}

#[tokio::test]
async fn a_removal_cut_off_after_any_call_is_completed() {
    let account = Emulator::shared().await.account();
    let tables = Tables::new(&account);
    let proxy = FaultProxy::start(account.address()).await;
    let mut calls = 0;
    loop {
        calls += 1;
        let table = tables.add(&format!("c{calls}")).await;
        tables.ready(&tables.port(), &table).await;
        proxy.forget();
        proxy.cut_after(calls);
        let cut = {
            let port = tables.port_at(&proxy.endpoint());
            tokio::select! { _ = absent(&port, &table) => false, () = proxy.cut() => true }
        };
        proxy.heal();
        // As long as anything is left, it is listed.
        let listed = tables.port().list().await.unwrap();
        if listed.is_empty() {
            assert_eq!(inventory(&account).await, Inventory::new(), "after {calls} calls");
        }
        absent(&tables.port(), &table).await;
        if !cut {
            break;
        }
    }
    assert!((8..30).contains(&calls), "{calls} calls");
    assert_eq!(inventory(&account).await, Inventory::new());
}

#[tokio::test]
async fn every_call_may_go_wrong_in_every_way() {
    let account = Emulator::shared().await.account();
    let tables = Tables::new(&account);
    let proxy = FaultProxy::start(account.address()).await;
    let faults =
        [Fault::Throttled, Fault::Unavailable, Fault::Reset, Fault::ReplyLost, Fault::Truncated];
    for (number, fault) in faults.into_iter().enumerate() {
        for offset in 1..=4 {
            let table = tables.add(&format!("f{number}-{offset}")).await;
            proxy.forget();
            for nth in (offset..120).step_by(4) {
                proxy.arrange(Rule::any().nth(nth), fault.clone());
            }
            let port = tables.port_at(&proxy.endpoint());
            tables.ready(&port, &table).await;
            absent(&port, &table).await;
            proxy.heal();
        }
    }
    assert_eq!(inventory(&account).await, Inventory::new());
}

#[tokio::test]
async fn an_answer_about_absence_is_not_given_where_it_could_not_be_asked() {
    let account = Emulator::shared().await.account();
    let tables = Tables::new(&account);
    let table = tables.add("a").await;
    tables.ready(&tables.port(), &table).await;
    let proxy = FaultProxy::start(account.address()).await;
    for (service, operation) in [
        ("iam", "GetUser"),
        ("iam", "ListAccessKeys"),
        ("s3", "GetBucketTagging"),
        ("s3", "ListObjectVersions"),
        ("s3", "DeleteBucket"),
        ("secretsmanager", "DeleteSecret"),
        ("iam", "DeleteUser"),
    ] {
        proxy.arrange(Rule::on(service, operation), Fault::Refused(403, "AccessDenied"));
        let answer = tables.port_at(&proxy.endpoint()).remove(&table).await;
        assert!(answer.is_err(), "{operation}: {answer:?}");
        proxy.heal();
    }
    assert_eq!(tables.port_at(&proxy.endpoint()).remove(&table).await.unwrap(), Observed::Absent);
    assert_eq!(inventory(&account).await, Inventory::new());
}

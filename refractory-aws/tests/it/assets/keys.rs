//! The key of a table: proven before it is used, replaced on demand, never shown.
use std::time::Duration;

use refractory_core::ports::{AssetStore, Observed};
use refractory_core::{Clock, InstanceId, Secret};
use testkit::aws::{Emulator, Fault, FaultProxy, Rule, Switches, inventory};

use crate::support::assets::{Tables, absent, until};
use crate::support::clients;

async fn listed(tables: &Tables, of: &InstanceId) -> Vec<String> {
    let iam = clients(&tables.account).iam;
    let keys = iam.list_access_keys().user_name(tables.naming().assets_user(of)).send().await;
    let keys = keys.unwrap().access_key_metadata;
    keys.into_iter().map(|key| key.access_key_id.unwrap()).collect()
}

/// What launches are given.
async fn given(tables: &Tables, of: &InstanceId) -> (String, Secret) {
    let secrets = clients(&tables.account).secrets;
    let kept = secrets.get_secret_value().secret_id(tables.naming().assets_secret(of)).send().await;
    let text = kept.unwrap().secret_string.unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let key = file["credentials"]["accessKeyId"].as_str().unwrap().to_owned();
    (key, Secret::new(file["credentials"]["secretAccessKey"].as_str().unwrap()))
}

#[tokio::test]
async fn scenario_12_a_fresh_key_is_refused_for_a_while() {
    let tables = Tables::new(&Emulator::shared().await.account());
    tables.account.set(&Switches { fresh_key_refusals: 3, ..Switches::default() }).await.unwrap();
    let table = tables.add("a").await;
    let proxy = FaultProxy::start(tables.account.address()).await;
    let port = tables.port_at(&proxy.endpoint());
    let begun = std::sync::atomic::AtomicUsize::new(0);
    until(async || {
        let answer = tokio::time::timeout(Duration::from_secs(2), port.ensure(&table));
        let answer = answer.await.expect("it answers and does not wait");
        if let Ok(Observed::Pending(progress)) = &answer {
            begun.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            assert!(progress.as_ref().unwrap().message.contains("key"), "{progress:?}");
        }
        answer
    })
    .await;
    // Asked about again and again, but not with every call: the pauses grow.
    let asked = proxy.count("s3", "ListObjectsV2");
    assert_eq!(asked, 4, "three refusals and a success");
    assert!(begun.into_inner() > 20, "the worker asks more often than AWS is asked");
    let iam = proxy.count("iam", "CreateAccessKey");
    assert_eq!((iam, listed(&tables, &table).await.len()), (1, 1));
}

#[tokio::test]
async fn scenario_12_a_key_that_is_never_accepted_is_replaced() {
    let tables = Tables::new(&Emulator::shared().await.account());
    tables
        .account
        .set(&Switches { fresh_key_refusals: 1_000, ..Switches::default() })
        .await
        .unwrap();
    let (table, port) = (tables.add("a").await, tables.port());
    assert!(matches!(port.ensure(&table).await.unwrap(), Observed::Pending(_)));
    let first = given(&tables, &table).await.0;
    tables.clock.forward(Duration::from_mins(11));
    assert!(matches!(port.ensure(&table).await.unwrap(), Observed::Pending(_)));
    assert_eq!(listed(&tables, &table).await, Vec::<String>::new(), "it was deleted");
    tables.account.set(&Switches::default()).await.unwrap();
    tables.clock.forward(Duration::from_mins(1));
    tables.ready(&port, &table).await;
    let second = given(&tables, &table).await.0;
    assert_ne!(first, second);
    assert_eq!(listed(&tables, &table).await, [second]);
}

#[tokio::test]
async fn a_key_whose_secret_was_never_heard_is_deleted() {
    replies_are_lost(3).await;
}

/// The third attempt is answered: a user has two keys at most.
#[tokio::test]
async fn keys_whose_secrets_were_never_heard_leave_room_again() {
    replies_are_lost(2).await;
}

async fn replies_are_lost(count: usize) {
    let tables = Tables::new(&Emulator::shared().await.account());
    let table = tables.add("a").await;
    let proxy = FaultProxy::start(tables.account.address()).await;
    proxy.arrange(Rule::on("iam", "CreateAccessKey").first(count), Fault::ReplyLost);
    let port = tables.port_at(&proxy.endpoint());
    tables.ready(&port, &table).await;
    let given = given(&tables, &table).await.0;
    assert_eq!(listed(&tables, &table).await, [given]);
}

#[tokio::test]
async fn no_secret_is_shown_anywhere() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let (table, port) = (tables.add("a").await, tables.port());
    tables.ready(&port, &table).await;
    let (_, secret) = given(&tables, &table).await;
    let shown = format!("{port:?} {:?}", tables.store);
    assert!(!shown.contains(secret.expose()));
    let seen = serde_json::to_string(&inventory(&tables.account).await).unwrap();
    assert!(!seen.contains(secret.expose()));
}

#[tokio::test]
async fn a_key_is_replaced_and_the_old_one_goes_when_the_table_stops() {
    let tables = Tables::new(&Emulator::shared().await.account());
    let (table, port) = (tables.add("a").await, tables.port());
    tables.ready(&port, &table).await;
    let old = given(&tables, &table).await.0;
    tables.launch(&table, 7).await;
    let now = tables.clock.now();
    let message = loop {
        match port.rotate(&table, now).await.unwrap() {
            Observed::Pending(Some(told)) if told.message.contains("stopped") => {
                break told.message;
            }
            Observed::Pending(_) => tables.clock.forward(Duration::from_secs(1)),
            other => panic!("{other:?}"),
        }
    };
    let new = given(&tables, &table).await.0;
    assert_ne!(old, new, "{message}");
    let mut both = listed(&tables, &table).await;
    both.sort();
    let mut wanted = vec![old.clone(), new.clone()];
    wanted.sort();
    assert_eq!(both, wanted, "the running table keeps its key");
    // A start in between changes nothing about that.
    tables.clock.forward(Duration::from_mins(1));
    tables.ready(&port, &table).await;
    assert_eq!(listed(&tables, &table).await.len(), 2);

    tables.stop(&table).await;
    tables.clock.forward(Duration::from_mins(1));
    until(async || port.rotate(&table, now).await).await;
    assert_eq!(listed(&tables, &table).await, [new.clone()]);
    // The same call again is the same rotation.
    until(async || port.rotate(&table, now).await).await;
    assert_eq!(given(&tables, &table).await.0, new);
    assert_eq!(tables.ready(&port, &table).await, until(async || port.ensure(&table).await).await);
}

#[tokio::test]
async fn a_rotation_that_is_cut_off_after_any_call_is_completed() {
    let account = Emulator::shared().await.account();
    let tables = Tables::new(&account);
    let proxy = FaultProxy::start(account.address()).await;
    for calls in 1..60 {
        let table = tables.add(&format!("r{calls}")).await;
        tables.ready(&tables.port(), &table).await;
        let old = given(&tables, &table).await.0;
        let now = tables.clock.now();
        proxy.forget();
        proxy.cut_after(calls);
        let cut = turn_until_cut(&tables, &proxy, &table, now).await;
        proxy.heal();
        tables.clock.forward(Duration::from_mins(2));
        until(async || {
            tables.clock.forward(Duration::from_secs(16));
            tables.port().rotate(&table, now).await
        })
        .await;
        let new = given(&tables, &table).await.0;
        assert_eq!(listed(&tables, &table).await, [new.clone()], "after {calls} calls");
        assert_ne!(new, old, "after {calls} calls");
        tables.ready(&tables.port(), &table).await;
        assert_eq!(given(&tables, &table).await.0, new, "after {calls} calls");
        absent(&tables.port(), &table).await;
        if !cut {
            return;
        }
    }
    panic!("a rotation takes too many calls");
}

/// Rotates over the proxy; whether that was cut off before it was done.
async fn turn_until_cut(
    tables: &Tables,
    proxy: &FaultProxy,
    table: &InstanceId,
    before: refractory_core::Timestamp,
) -> bool {
    let port = tables.port_at(&proxy.endpoint());
    let turning = async {
        loop {
            tables.clock.forward(Duration::from_secs(16));
            match port.rotate(table, before).await {
                Ok(Observed::Ready(_)) => return false,
                Ok(_) => {}
                Err(error) => assert!(error.is_transient(), "{error:?}"),
            }
        }
    };
    tokio::select! { done = turning => done, () = proxy.cut() => true }
}

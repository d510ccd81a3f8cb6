//! Calls that go wrong on their way, and have their effect or not.
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use refractory_aws::{DynamoStore, schema};
use refractory_core::model::{Instance, WorkerMark};
use refractory_core::ports::{Collection, Follower, Index, Kind, Query, UniqueKey};
use refractory_core::{ErrorKind, Result};
use testkit::aws::{Account, Emulator, Fault, FaultProxy, Rule};
use testkit::conformance::sample;

use crate::support::store::{TABLE, another, make_table};
use crate::support::{clients, hasty_clients_at};

/// A store behind a proxy, and one beside it.
struct Behind {
    proxy: FaultProxy,
    store: DynamoStore,
    beside: DynamoStore,
}

async fn behind(account: &Account, attempt: Duration) -> Behind {
    let proxy = FaultProxy::start(account.address()).await;
    make_table(&clients(account), TABLE).await;
    let clients = hasty_clients_at(account, &proxy.endpoint(), attempt);
    Behind { proxy, store: DynamoStore::new(&clients, TABLE), beside: another(account) }
}

/// A whole life of one row: what each call answered, in order.
async fn life(store: &DynamoStore) -> Result<Vec<u64>> {
    let table = Collection::<Instance>::of(store);
    let row = table.insert(&sample::bare("a", "friday")).await?;
    let saved = table.save(&row).await?;
    let renamed = table.save(&Instance { slug: "sunday".parse()?, ..saved.clone() }).await?;
    let found = table.find(&UniqueKey::slug("sunday")).await?;
    let listed = table.list().await?;
    let indexed = table.page(&Query::index(Index::InstanceByName)).await?.records;
    let told = Follower::new(Kind::Instance).poll(store).await?;
    let mut revisions = vec![row.revision, saved.revision, renamed.revision];
    revisions.extend(found.iter().map(|row| row.revision));
    revisions.extend(listed.iter().map(|row| row.revision));
    revisions.extend(indexed.iter().map(|row| row.revision));
    revisions.extend(told.written.into_values());
    table.delete(&renamed).await?;
    Ok(revisions)
}

/// What is left in the table, but for the notes of what was deleted.
async fn items(account: &Account) -> usize {
    let scan = clients(account).dynamodb.scan().table_name(TABLE).send().await.unwrap();
    let is_note = |item: &&std::collections::HashMap<String, AttributeValue>| {
        item[schema::SORT_KEY].as_s().unwrap().starts_with('~')
    };
    scan.items().iter().filter(|item| !is_note(item)).count()
}

/// Every request of a life, once with every fault: the SDK sends it again, and no one notices.
async fn survives(fault: Fault) {
    let account = Emulator::shared().await.account();
    let Behind { proxy, store, .. } = behind(&account, Duration::from_secs(8)).await;
    assert_eq!(life(&store).await.unwrap(), [1, 2, 3, 3, 3, 3, 3]);
    let first = proxy.calls().len();
    assert_eq!(
        first, 12,
        "stamps, insert, save, rename (2), find (2), list, index (2), changes, delete"
    );
    assert_eq!(life(&store).await.unwrap(), [1, 2, 3, 3, 3, 3, 3]);
    let requests = proxy.calls().len() - first;
    assert_eq!(requests, 11, "the stamps are known");
    for number in 1..=requests {
        proxy.arrange(Rule::any().nth(number), fault.clone());
        let met = life(&store).await;
        let revisions = met.unwrap_or_else(|error| panic!("{fault:?} at {number}: {error:?}"));
        assert_eq!(revisions, [1, 2, 3, 3, 3, 3, 3], "{fault:?} at {number}");
        if let Fault::Late(after) = fault {
            tokio::time::sleep(after + Duration::from_millis(50)).await;
        }
        assert_eq!(items(&account).await, 0, "left after {fault:?} at {number}");
        proxy.heal();
    }
}

macro_rules! survives {
    ($($name:ident: $fault:expr;)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            survives($fault).await;
        }
    )* };
}

survives! {
    throttled_calls_are_made_again: Fault::Throttled;
    unavailability_is_waited_for: Fault::Unavailable;
    a_reset_has_no_effect_of_its_own: Fault::Reset;
    a_lost_reply_is_no_conflict: Fault::ReplyLost;
    half_a_reply_is_no_conflict: Fault::Truncated;
    a_late_effect_is_no_second_effect: Fault::Late(Duration::from_millis(300));
}

/// Where no one answers at all, the attempt ends and the next one is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_ends_with_the_attempt() {
    let account = Emulator::shared().await.account();
    let Behind { proxy, store, .. } = behind(&account, Duration::from_millis(1_500)).await;
    let row = Collection::of(&store).insert(&sample::worker("a")).await.unwrap();
    proxy.arrange(Rule::on("dynamodb", "UpdateItem").nth(1), Fault::Hang);
    let saved = Collection::of(&store).save(&row).await.unwrap();
    assert_eq!(saved.revision, 2);
    assert_eq!(proxy.count("dynamodb", "UpdateItem"), 2);
}

/// And where that goes on, the call ends: it may have had its effect, and the caller loads and compares.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_always_lost_is_unavailable() {
    let account = Emulator::shared().await.account();
    let Behind { proxy, store, beside } = behind(&account, Duration::from_millis(1_500)).await;
    let row = Collection::of(&store).insert(&sample::worker("a")).await.unwrap();
    proxy.arrange(Rule::any(), Fault::ReplyLost);
    let error = Collection::of(&store).save(&row).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true), "{error:?}");
    let stored: WorkerMark = Collection::of(&beside).load("a").await.unwrap().unwrap();
    assert_eq!(stored.revision, 2, "it was written, once");
}

/// A save whose answer is lost, and whose row someone else has written before it is sent again: it was made, and
/// says so. Answering with a conflict would make a counter count twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_that_others_have_written_over_was_still_made() {
    let account = Emulator::shared().await.account();
    let Behind { proxy, store, beside } = behind(&account, Duration::from_millis(1_500)).await;
    let row = Collection::of(&store).insert(&sample::bare("a", "friday")).await.unwrap();
    // The second attempt is held up for as long as an attempt may take, and the third one comes after the others.
    proxy.arrange(Rule::on("dynamodb", "UpdateItem").nth(1), Fault::ReplyLost);
    proxy.arrange(Rule::on("dynamodb", "UpdateItem").nth(2), Fault::Hang);
    let over = async {
        let table = Collection::<Instance>::of(&beside);
        loop {
            let mut row = table.load("a").await.unwrap().unwrap();
            if row.revision == 2 {
                for _ in 0..5 {
                    row = table.save(&row).await.unwrap();
                }
                return row.revision;
            }
            tokio::task::yield_now().await;
        }
    };
    let (saved, over) = tokio::join!(Collection::of(&store).save(&row), over);
    assert_eq!(saved.unwrap().revision, 2);
    assert_eq!(over, 7);
    let stored: Instance = Collection::of(&beside).load("a").await.unwrap().unwrap();
    assert_eq!(stored.revision, 7);
}

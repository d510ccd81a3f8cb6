//! Several processes on one table.
use refractory_core::ErrorKind;
use refractory_core::model::{Instance, License};
use refractory_core::ports::{
    Collection, Follower, Index, Kind, Position, Query, Store, UniqueKey,
};
use testkit::aws::{Account, Emulator};
use testkit::conformance::sample;
use tokio::task::JoinSet;

use crate::support::store::{another, fresh};

const WRITERS: u64 = 8;

/// Runs `work` in eight tasks, each with its own clients.
async fn eight<F: Future<Output = ()> + Send + 'static>(
    account: &Account,
    work: impl Fn(u64, refractory_aws::DynamoStore) -> F,
) {
    let mut writers = JoinSet::new();
    for at in 0..WRITERS {
        writers.spawn(work(at, another(account)));
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_on_one_row_lose_no_update() {
    const ROUNDS: u64 = 20;
    let account = Emulator::shared().await.account();
    let store = fresh(&account).await;
    Collection::of(&store).insert(&sample::bare("a", "a")).await.unwrap();
    eight(&account, |_, store| async move {
        for _ in 0..ROUNDS {
            let count = |row: &mut Instance| {
                row.generation += 1;
                Ok(true)
            };
            assert!(Collection::of(&store).update("a", count).await.unwrap().is_some());
        }
    })
    .await;
    let row: Instance = Collection::of(&store).load("a").await.unwrap().unwrap();
    assert_eq!((row.generation, row.revision), (1 + WRITERS * ROUNDS, 1 + WRITERS * ROUNDS));
}

fn holder() -> UniqueKey {
    UniqueKey::holder(&"one".parse().unwrap())
}

/// Eight licenses and one instance that may hold one of them: taken and given back as fast as eight processes can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_on_one_text_never_hold_it_twice() {
    const ROUNDS: usize = 12;
    let account = Emulator::shared().await.account();
    let store = fresh(&account).await;
    for at in 0..WRITERS {
        let free = License { lease: None, ..sample::license(&format!("l{at}"), &format!("l{at}")) };
        Collection::of(&store).insert(&free).await.unwrap();
    }
    eight(&account, |at, store| async move {
        let table = Collection::<License>::of(&store);
        let name = format!("l{at}");
        for _ in 0..ROUNDS {
            let mine = table.load(&name).await.unwrap().unwrap();
            let taken = License { lease: Some(sample::lease(&name, "one")), ..mine };
            match table.save(&taken).await {
                Ok(held) => {
                    assert_eq!(table.find(&holder()).await.unwrap().as_ref(), Some(&held));
                    table.save(&License { lease: None, ..held }).await.unwrap();
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}"),
            }
        }
    })
    .await;
    assert_eq!(Collection::<License>::of(&store).find(&holder()).await.unwrap(), None);
    let licenses = Collection::<License>::of(&store).list().await.unwrap();
    assert!(licenses.iter().all(|license| license.lease.is_none()));
    let held: u64 = licenses.iter().map(|license| (license.revision - 1) / 2).sum();
    assert!(held > 0, "nobody ever held it");
}

/// What one has written, all others notice at their next look.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_process_sees_every_write_at_once() {
    let account = Emulator::shared().await.account();
    let (one, two) = (fresh(&account).await, another(&account));
    let mut followers = [Follower::new(Kind::Instance), Follower::new(Kind::Instance)];
    let [of_one, of_two] = &mut followers;
    let row = Collection::of(&one).insert(&sample::bare("a", "friday")).await.unwrap();
    assert_eq!(told(of_two, &two).await, [("a".to_owned(), 1)]);
    let row = Collection::of(&two).save(&row).await.unwrap();
    assert_eq!(told(of_one, &one).await, [("a".to_owned(), 2)]);
    let row = Instance { slug: "sunday".parse().unwrap(), ..row };
    let row = Collection::of(&one).save(&row).await.unwrap();
    assert_eq!(told(of_two, &two).await, [("a".to_owned(), 3)]);
    let key = UniqueKey::slug("sunday");
    assert_eq!(Collection::<Instance>::of(&two).find(&key).await.unwrap().as_ref(), Some(&row));
    let names = Query::index(Index::InstanceByName);
    assert_eq!(Collection::<Instance>::of(&two).page(&names).await.unwrap().records, [row.clone()]);
    Collection::of(&two).delete(&row).await.unwrap();
    let followed = of_one.poll(&one).await.unwrap();
    assert_eq!(followed.gone.into_iter().collect::<Vec<_>>(), ["a"]);
    assert_eq!(Collection::<Instance>::of(&one).page(&names).await.unwrap().records, []);
    // Whichever of the two writes it again, both notice.
    Collection::of(&one).insert(&sample::bare("a", "friday")).await.unwrap();
    assert_eq!(told(of_two, &two).await, [("a".to_owned(), 1)]);
    assert_eq!(told(of_one, &one).await, [("a".to_owned(), 1)]);
}

async fn told(follower: &mut Follower, store: &dyn Store) -> Vec<(String, u64)> {
    follower.poll(store).await.unwrap().written.into_iter().collect()
}

/// One follows while seven write, with pages much shorter than what is written meanwhile: nothing is missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_seven_writers_misses_nothing() {
    const ROUNDS: usize = 15;
    let account = Emulator::shared().await.account();
    let store = fresh(&account).await;
    let (mut known, mut at) = (std::collections::BTreeMap::new(), Position::START);
    let mut writers = JoinSet::new();
    for writer in 1..WRITERS {
        let store = another(&account);
        writers.spawn(async move {
            for round in 0..ROUNDS {
                let name = format!("w{writer}-{round}");
                let row = Collection::of(&store).insert(&sample::bare(&name, &name)).await.unwrap();
                Collection::of(&store).save(&row).await.unwrap();
            }
        });
    }
    loop {
        let is_over = writers.try_join_next().is_none() && writers.is_empty();
        loop {
            let told = store.changes(Kind::Instance, at, 7).await.unwrap();
            at = told.next;
            known.extend(told.changes.into_iter().map(|change| (change.id, change.revision)));
            if !told.more {
                break;
            }
        }
        if is_over {
            break;
        }
    }
    assert_eq!(known.len(), 7 * ROUNDS);
    assert!(known.values().all(|revision| *revision == Some(2)), "{known:?}");
}

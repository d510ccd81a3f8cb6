//! PostgreSQL. A server is started for each test; see `testkit::postgres`.
use refractory_core::model::Instance;
use refractory_core::ports::{Collection, Kind, Query, Store};
use refractory_core::sql::{SqlOptions, SqlStore};
use refractory_core::{ErrorKind, Secret};
use testkit::conformance::sample;
use testkit::postgres::Server;
use tokio::task::JoinSet;

use super::{heads, open};

mod suite {
    use std::sync::OnceLock;

    use testkit::postgres::Server;

    /// One database for all cases, emptied before each: they are one test. It ends with this process.
    fn fresh() -> String {
        const EMPTY: &str = "DO $$ BEGIN \
            IF to_regclass('record') IS NOT NULL THEN TRUNCATE record CASCADE; TRUNCATE deletion; END IF; END $$";
        static SERVER: OnceLock<(Server, String)> = OnceLock::new();
        let (server, url) = SERVER.get_or_init(|| {
            let server = Server::start().unwrap();
            let url = server.database().unwrap();
            (server, url)
        });
        server.query(url.rsplit('/').next().unwrap(), EMPTY).unwrap();
        url.clone()
    }

    testkit::conform_store!(one_test, super::open(&fresh()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_open_an_empty_database_at_once_share_it() {
    let server = Server::start().unwrap();
    let url = server.database().unwrap();
    let mut opening = JoinSet::new();
    for _ in 0..6 {
        let url = url.clone();
        opening.spawn(async move { open(&url).await });
    }
    let stores = opening.join_all().await;
    let row = Collection::of(&stores[0]).insert(&sample::bare("a", "friday")).await.unwrap();
    for store in &stores {
        assert_eq!(Collection::<Instance>::of(store).load("a").await.unwrap().as_ref(), Some(&row));
    }
    let name = url.rsplit('/').next().unwrap();
    assert_eq!(server.query(name, "SELECT count(*) FROM refractory_migration").unwrap(), "4");
}

#[tokio::test]
async fn what_is_wrong_with_a_server_is_told_in_a_sentence() {
    let server = Server::start().unwrap();
    let missing = opening(&server.url("missing")).await;
    assert_eq!(missing.0, ErrorKind::Invalid);
    assert!(missing.1.contains("Create it"), "{missing:?}");

    let url = server.database().unwrap();
    let name = url.rsplit('/').next().unwrap().to_owned();
    let store = open(&url).await;
    server.query(&name, "ALTER DATABASE tables0 SET default_transaction_read_only = on").unwrap();
    let read_only = open(&url).await;
    let error = read_only.insert(&sample::full(Kind::User)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error:?}");
    assert!(error.for_people().contains("standby"), "{}", error.for_people());

    server.query("postgres", "ALTER DATABASE tables0 RESET ALL").unwrap();
    server.query(&name, "INSERT INTO refractory_migration VALUES ('m9999_later')").unwrap();
    let newer = opening(&url).await;
    assert_eq!(newer.0, ErrorKind::Invalid);
    assert!(newer.1.contains("newer version"), "{newer:?}");

    drop(server);
    let quick = SqlOptions::default().with_patience(std::time::Duration::from_secs(1));
    let gone = SqlStore::open(&Secret::new(&*url), &quick).await.unwrap_err();
    assert_eq!((gone.kind(), gone.is_transient()), (ErrorKind::Unavailable, true), "{gone:?}");
    let error = store.insert(&sample::full(Kind::User)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

async fn opening(url: &str) -> (ErrorKind, String) {
    let error = SqlStore::open(&Secret::new(url), &SqlOptions::default()).await.unwrap_err();
    (error.kind(), error.for_people().into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_deployments_cannot_share_one_database() {
    use refractory_core::{DeploymentId, Pairing, Timestamp, pair};
    let server = Server::start().unwrap();
    let url = server.database().unwrap();
    let names = ["one", "two", "three", "four"];
    let mut pairing = JoinSet::new();
    for name in names {
        let url = url.clone();
        pairing.spawn(async move {
            let id = DeploymentId::new(name).unwrap();
            let store = open(&url).await;
            (name, pair(&store, &id, async || Ok(false), Timestamp(1)).await.unwrap())
        });
    }
    let outcomes = pairing.join_all().await;
    let same: Vec<_> = outcomes.iter().filter(|(_, it)| *it == Pairing::Same).collect();
    assert!(same.len() <= 1, "one at most has it: {outcomes:?}");
    // Where all gave way to one another, the next to come has it.
    let store = open(&url).await;
    let owner = same.first().map_or("one", |(name, _)| name);
    for (name, was_used) in names.into_iter().flat_map(|name| [(name, false), (name, true)]) {
        let id = DeploymentId::new(name).unwrap();
        let ours = DeploymentId::new(owner).unwrap();
        let first = pair(&store, &ours, async || Ok(false), Timestamp(1));
        assert_eq!(first.await.unwrap(), Pairing::Same);
        let outcome = pair(&store, &id, async || Ok(was_used), Timestamp(1)).await.unwrap();
        let expected =
            if name == owner { Pairing::Same } else { Pairing::Foreign(owner.to_owned()) };
        assert_eq!(outcome, expected, "{name}");
    }
}

#[tokio::test]
async fn damage_hides_no_other_row_and_a_copy_is_left_to_the_server_s_own_tools() {
    let server = Server::start().unwrap();
    let url = server.database().unwrap();
    let store = open(&url).await;
    for name in ["a", "b"] {
        Collection::of(&store).insert(&sample::bare(name, name)).await.unwrap();
    }
    let database = url.rsplit('/').next().unwrap();
    server.query(database, "UPDATE record SET body = '{' WHERE id = 'b'").unwrap();
    let all = store.query(&Query::all(Kind::Instance)).await.unwrap();
    assert_eq!((all.records.len(), all.damaged[0].name()), (1, "b"));
    assert_eq!(heads(&store, Kind::Instance).await.len(), 2);
    store.discard(&all.damaged[0]).await.unwrap();
    Collection::of(&store).insert(&sample::bare("c", "b")).await.unwrap();
    let place = tempfile::tempdir().unwrap();
    let error = store.copy_to(&place.path().join("copy")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.for_people().contains("pg_dump"), "{error:?}");
}

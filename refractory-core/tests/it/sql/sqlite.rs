//! SQLite, as a file and in memory.
use refractory_core::model::Instance;
use refractory_core::ports::{Collection, Kind, Store, UniqueKey};
use testkit::conformance::sample;
use tokio::time::{Duration, Instant};

use super::{heads, list, open, place};

mod file {
    use refractory_core::ports::{
        Changes, Kind, Page, Position, Query, Record, Store, UniqueKey, Write,
    };
    use refractory_core::sql::SqlStore;
    use refractory_core::{Result, async_trait};
    use tempfile::TempDir;

    /// A store, and the folder it lies in for as long.
    #[derive(Debug)]
    #[expect(dead_code, reason = "the folder is only held")]
    pub(super) struct InItsFolder(SqlStore, TempDir);

    #[async_trait]
    impl Store for InItsFolder {
        async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
            self.0.load(kind, id).await
        }
        async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
            self.0.find(key).await
        }
        async fn query(&self, query: &Query) -> Result<Page> {
            self.0.query(query).await
        }
        async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
            self.0.commit(writes).await
        }
        async fn position(&self, kind: Kind) -> Result<Position> {
            self.0.position(kind).await
        }
        async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
            self.0.changes(kind, after, limit).await
        }
    }

    async fn fresh() -> InItsFolder {
        let (folder, url) = super::place();
        InItsFolder(super::open(&url).await, folder)
    }

    testkit::conform_store!(real_time, fresh().await);
}

mod memory {
    testkit::conform_store!(real_time, super::open("sqlite::memory:").await);
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let (_folder, url) = place();
    let store = open(&url).await;
    for kind in Kind::ALL {
        store.insert(&sample::full(kind)).await.unwrap();
    }
    store.close().await.unwrap();
    let store = open(&url).await;
    for kind in Kind::ALL {
        assert_eq!(list(&store, kind).await, [sample::full(kind).at_revision(1)]);
    }
}

#[tokio::test]
async fn what_was_written_is_there_for_another_process_that_has_the_file_open() {
    let (_folder, url) = place();
    let (ours, theirs) = (open(&url).await, open(&url).await);
    let row = Collection::of(&ours).insert(&sample::bare("a", "friday")).await.unwrap();
    assert_eq!(Collection::of(&theirs).load("a").await.unwrap().as_ref(), Some(&row));
    let row = Collection::of(&theirs).save(&row).await.unwrap();
    assert_eq!(
        Collection::<Instance>::of(&ours).find(&UniqueKey::slug("friday")).await.unwrap(),
        Some(row)
    );
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files_of_a_new_database() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, url) = place();
    let store = open(&url).await;
    store.insert(&sample::full(Kind::User)).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 3, "the file, its log and its index: {files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_older_database_that_others_could_read_is_taken_from_them() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, url) = place();
    let file = folder.path().join("refractory.db");
    open(&url).await.close().await.unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o664)).unwrap();
    let store = open(&url).await;
    store.insert(&sample::full(Kind::User)).await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn the_file_alone_holds_what_makes_a_deployment_what_it_is_while_it_is_worked_with() {
    let (folder, url) = place();
    let store = open(&url).await;
    let precious = Kind::ALL.into_iter().filter(|kind| {
        !matches!(
            kind,
            Kind::Token
                | Kind::Event
                | Kind::Worker
                | Kind::AdminGuard
                | Kind::RetainedAdminKey
                | Kind::Operation
        )
    });
    for (copies, kind) in precious.enumerate() {
        let written = store.insert(&sample::full(kind)).await.unwrap();
        // What a copy without the log has.
        let alone = folder.path().join(format!("{copies}.db"));
        std::fs::copy(folder.path().join("refractory.db"), &alone).unwrap();
        let copy = open(&format!("sqlite:{}", alone.display())).await;
        assert_eq!(list(&copy, kind).await, [written], "{}", kind.name());
    }
    store.close().await.unwrap();
    assert!(!folder.path().join("refractory.db-wal").exists(), "an end leaves one file");
}

// The bounds are wide, because machines that test are busy.
#[tokio::test]
async fn a_hundred_instances_are_listed_and_a_thousand_saves_are_done_in_no_time() {
    let (_folder, url) = place();
    let store = open(&url).await;
    for at in 0..100 {
        let name = format!("row{at}");
        Collection::of(&store).insert(&sample::instance(&name, &name)).await.unwrap();
    }
    let begun = Instant::now();
    assert_eq!(heads(&store, Kind::Instance).await.len(), 100);
    let heads = begun.elapsed();
    let begun = Instant::now();
    assert_eq!(list(&store, Kind::Instance).await.len(), 100);
    let list = begun.elapsed();
    let mut row: Instance = Collection::of(&store).load("row7").await.unwrap().unwrap();
    let begun = Instant::now();
    for _ in 0..1_000 {
        row = Collection::of(&store).save(&row).await.unwrap();
    }
    let saves = begun.elapsed();
    let reopening = Instant::now();
    open(&url).await;
    let opened = reopening.elapsed();
    eprintln!("heads {heads:?}, list {list:?}, 1000 saves {saves:?}, open {opened:?}");
    assert!(heads < Duration::from_millis(200), "heads took {heads:?}");
    assert!(list < Duration::from_millis(500), "list took {list:?}");
    assert!(saves < Duration::from_secs(10), "1000 saves took {saves:?}");
    assert!(opened < Duration::from_secs(1), "opening took {opened:?}");
}

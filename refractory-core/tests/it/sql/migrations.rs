//! Tables of each earlier version, filled, are brought up to date with all that is in them.
use std::collections::BTreeSet;

use refractory_core::model::{
    Event, Grants, GrantsChange, Instance, Principal, Record, Right, Step, Token, User, Via,
};
use refractory_core::ports::{
    Aggregate as _, Collection, Index, Kind, Query, Record as Row, Store, UniqueKey,
};
use refractory_core::sql::{SqlOptions, SqlStore};
use refractory_core::{Change, ErrorKind, Secret, Verb, can};
use testkit::administrators::handle;
use testkit::conformance::sample;
use testkit::people::signed_in;

use super::{heads, list, open, place, raw};

/// What version 1 left in a file: one full row of each kind.
const VERSION_1: &str = include_str!("../../fixtures/sqlite_version_1.sql");

#[tokio::test]
async fn an_empty_database_is_made_ready_and_opening_it_again_changes_nothing() {
    let (folder, url) = place();
    open(&url).await.close().await.unwrap();
    let before = std::fs::read(folder.path().join("refractory.db")).unwrap();
    open(&url).await.close().await.unwrap();
    assert!(before == std::fs::read(folder.path().join("refractory.db")).unwrap());
}

#[tokio::test]
async fn a_filled_database_of_version_1_is_read_whole_and_can_be_written() {
    let (folder, url) = place();
    std::fs::write(folder.path().join("refractory.db"), "").unwrap();
    raw(&url, VERSION_1).await;
    let store = open(&url).await;
    let came_later = [
        Kind::Deployment,
        Kind::AdminGuard,
        Kind::RetainedAdminKey,
        Kind::Group,
        Kind::Membership,
        Kind::Operation,
        Kind::Backup,
        Kind::FrontEndRecord,
    ];
    for kind in came_later {
        assert!(list(&store, kind).await.is_empty(), "{}", kind.name());
    }
    for kind in Kind::ALL.into_iter().filter(|kind| !came_later.contains(kind)) {
        let rows = list(&store, kind).await;
        let [row] = &rows[..] else { panic!("{} rows of {}", rows.len(), kind.name()) };
        assert_eq!((row.id(), row.revision()), ("full", 1), "{}", kind.name());
        let mut unique = sample::full(kind).unique();
        // No one could link another account then.
        unique.retain(|key| !key.text().starts_with("identity:"));
        assert_eq!(row.unique(), unique, "{}", kind.name());
        store.save(row).await.unwrap();
    }
    let instance: Instance = Collection::of(&store).load("full").await.unwrap().unwrap();
    let mut sample = sample::instance("full", "full-table");
    // It could not be wished for then.
    sample.desired.replaced_launch = None;
    // Nor was it said what a step waits for, but in a sentence.
    let Some(Record::Intended(mut attempt)) = sample.journal.get(Step::World).cloned() else {
        panic!("the sample is opening its world")
    };
    if let Some(progress) = &mut attempt.progress {
        progress.waiting = None;
    }
    sample.journal.intend(Step::World, attempt);
    assert_eq!((instance.desired, instance.journal), (sample.desired, sample.journal));
    let clash = Collection::of(&store).insert(&sample::bare("other", "full-table")).await;
    assert_eq!(clash.unwrap_err().kind(), ErrorKind::Conflict, "texts are still claimed");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let (_folder, url) = place();
    open(&url).await.close().await.unwrap();
    raw(&url, "INSERT INTO refractory_migration VALUES ('m9999_later')").await;
    let outcome = SqlStore::open(&Secret::new(&*url), &SqlOptions::default()).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.for_people().contains("newer version of Refractory"), "{}", error.for_people());
}

/// What the version before the indexes left after an afternoon: the portal, a demo table that was on, accounts, licenses.
const BEFORE_INDEXES: &str = include_str!("../../fixtures/sqlite_before_indexes.sql");
/// The same in PostgreSQL.
const BEFORE_INDEXES_ON_A_SERVER: &str = include_str!("../../fixtures/postgres_before_indexes.sql");

/// Everything is where it was, and is found by each index.
async fn is_whole(store: &SqlStore) {
    async fn names(store: &SqlStore, query: Query) -> Vec<String> {
        let users = Collection::<User>::of(store).gather(query).await.unwrap();
        assert!(users.1.is_empty(), "{:?}", users.1);
        users.0.into_iter().map(|user| user.name.to_string()).collect()
    }
    let by_name = Query::index(Index::UserByName);
    assert_eq!(names(store, by_name).await, ["anna", "bert", "carl", "demo"]);
    let admins = Query::partition(Index::UserByRole, "admin");
    assert_eq!(names(store, admins).await, ["anna", "demo"]);
    let tables = Collection::<Instance>::of(store);
    let found = tables.gather(Query::index(Index::InstanceByName)).await.unwrap().0;
    let slugs: Vec<_> = found.iter().map(|table| table.slug.as_str()).collect();
    assert_eq!(slugs, ["demo", "friday-night", "sunday"]);
    let friday = tables.find(&UniqueKey::slug("friday-night")).await.unwrap().unwrap();
    assert_eq!(friday.title(), "Friday Höhle");
    let owner = friday.owner.clone().unwrap();
    let hers = tables.gather(Query::partition(Index::InstanceByOwner, owner.as_str())).await;
    assert_eq!(hers.unwrap().0, [friday]);
    let active = tables.gather(Query::index(Index::InstanceActive)).await.unwrap().0;
    assert_eq!(active.iter().map(|table| table.slug.as_str()).collect::<Vec<_>>(), ["demo"]);
    let events = Collection::<Event>::of(store);
    let by_time = events.gather(Query::index(Index::EventByTime)).await.unwrap().0;
    assert_eq!(by_time.len(), events.list().await.unwrap().len());
    assert!(by_time.len() > 10 && by_time.is_sorted_by_key(|event| event.at));
    let links = Query::partition(Index::TokenByUser, owner.as_str());
    assert_eq!(Collection::<Token>::of(store).gather(links).await.unwrap().0.len(), 1);
    for kind in Kind::ALL {
        let told = heads(store, kind).await;
        assert_eq!(told.len(), list(store, kind).await.len(), "{}", kind.name());
    }
    for table in found {
        tables.save(&table).await.unwrap();
    }
}

#[tokio::test]
async fn a_filled_database_gets_its_indexes_and_a_copy_of_what_it_was() {
    let (folder, url) = place();
    let file = folder.path().join("refractory.db");
    std::fs::write(&file, "").unwrap();
    raw(&url, BEFORE_INDEXES).await;
    is_whole(&open(&url).await).await;
    let copy = folder.path().join("refractory.db.before-m0002_records");
    let copied = std::fs::read(&copy).unwrap();
    open(&url).await.close().await.unwrap();
    assert!(copied == std::fs::read(&copy).unwrap(), "it is made once");
    // What the older version would open: its tables, and all that was in them.
    let former = format!("sqlite:{}", copy.display());
    raw(&former, "INSERT INTO row SELECT kind, id || '2', revision, format, body FROM row").await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::copy(&copy, &file).unwrap();
    for end in ["-wal", "-shm"] {
        drop(std::fs::remove_file(folder.path().join(format!("refractory.db{end}"))));
    }
    assert_eq!(heads(&open(&url).await, Kind::User).await.len(), 4 + 4, "a copy is opened as well");
}

#[tokio::test]
async fn an_update_that_cannot_be_copied_before_changes_nothing() {
    let (folder, url) = place();
    std::fs::write(folder.path().join("refractory.db"), "").unwrap();
    raw(&url, BEFORE_INDEXES).await;
    // Where the copy would be drafted something lies that is not ours to remove.
    let draft = folder.path().join("refractory.db.before-m0002_records.part");
    std::fs::create_dir(&draft).unwrap();
    let error = SqlStore::open(&Secret::new(&*url), &SqlOptions::default()).await.unwrap_err();
    assert!(error.for_people().contains("can't be copied before the update"), "{error:?}");
    raw(&url, "SELECT count(*) FROM row").await;
    std::fs::remove_dir(&draft).unwrap();
    is_whole(&open(&url).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filled_database_of_a_server_gets_its_indexes_once_whoever_opens_it() {
    let server = testkit::postgres::Server::start().unwrap();
    let url = server.database().unwrap();
    let name = url.rsplit('/').next().unwrap().to_owned();
    server.query(&name, BEFORE_INDEXES_ON_A_SERVER).unwrap();
    let users = server.query(&name, "SELECT count(*) FROM row WHERE kind = 'user'").unwrap();
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let url = url.clone();
        opening.spawn(async move { open(&url).await });
    }
    for store in opening.join_all().await {
        is_whole(&store).await;
    }
    let kept = "SELECT count(*) FROM before_m0002_row WHERE kind = 'user'";
    assert_eq!(server.query(&name, kept).unwrap(), users, "the copy");
}

/// What the version before rights on tables left: three users, one of whom owns a table, and a table of no one's.
const BEFORE_ACCESS: &str = include_str!("../../fixtures/sqlite_before_access.sql");

#[tokio::test]
async fn tables_of_the_version_before_rights_are_seen_by_every_user_and_joined_by_anyone() {
    let (folder, url) = place();
    std::fs::write(folder.path().join("refractory.db"), "").unwrap();
    raw(&url, BEFORE_ACCESS).await;
    let store = open(&url).await;
    assert!(folder.path().join("refractory.db.before-m0003_access").exists(), "a copy is made");
    let app = handle(store);
    let operator = app.operator();
    let carl = app.find_user(&operator, "carl").await.unwrap();
    assert!(carl.is_active() && carl.identities().next().is_none() && carl.email.is_none());
    let carl = signed_in(&app, &carl).await;
    let bert = signed_in(&app, &app.find_user(&operator, "bert").await.unwrap()).await;
    let slugs = async |who: &Principal| {
        let found = app.list_all(who).await.unwrap().records;
        found.iter().map(|table| table.slug.to_string()).collect::<Vec<_>>()
    };
    for who in [&operator, &bert, &carl] {
        assert_eq!(slugs(who).await, ["friday-night", "monday", "sunday"], "{}", who.name());
    }
    let table = app.find(&bert, "friday-night").await.unwrap();
    assert_eq!(table.grants, Grants::default());
    assert!(can(&app.anonymous(Via::Web), Verb::JoinInstance, &table));
    let owned = [can(&bert, Verb::DeleteInstance, &table), can(&carl, Verb::StartInstance, &table)];
    assert_eq!(owned, [true, false]);
    // Its record is saved as any other, and its places move with it.
    let hidden = GrantsChange::default().granting(Right::View, BTreeSet::new());
    let change = Change { grants: hidden, ..Change::default() };
    app.change(&bert, &table.id, change).await.unwrap();
    assert_eq!(slugs(&carl).await, ["monday", "sunday"]);
    assert_eq!(slugs(&bert).await.len(), 3);
    assert_eq!(app.find(&carl, "friday-night").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn tables_of_the_version_before_are_found_by_their_release_and_a_damaged_one_stays_in_its_lists()
 {
    let (folder, url) = place();
    let store = open(&url).await;
    let table = sample::instance("full", "friday");
    let release = table.release.clone().unwrap();
    store.insert(&table.into_record()).await.unwrap();
    store.insert(&sample::bare("broken", "sunday").into_record()).await.unwrap();
    store.close().await.unwrap();
    let before = "DELETE FROM record_index WHERE name = 'instance-by-release'; \
        DELETE FROM refractory_migration WHERE version = 'm0004_releases'; \
        UPDATE record SET body = '{' WHERE id = 'broken'";
    raw(&url, before).await;
    let store = open(&url).await;
    assert!(folder.path().join("refractory.db.before-m0004_releases").exists(), "a copy is made");
    let theirs = Query::partition(Index::InstanceByRelease, release.as_str());
    let found = store.query(&theirs).await.unwrap().records;
    assert_eq!(found.iter().map(Row::id).collect::<Vec<_>>(), ["full"]);
    let named = store.query(&Query::index(Index::InstanceByName)).await.unwrap();
    let damaged: Vec<_> = named.damaged.iter().map(|record| record.id.as_str()).collect();
    assert_eq!((named.records.len(), damaged), (1, vec!["broken"]));
}

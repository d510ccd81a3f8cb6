//! What pages and calls read does not grow with the deployment.
use std::sync::Arc;

use refractory_core::model::PasswordHash;
use refractory_core::ports::Store;
use testkit::counting_store::CountingStore;
use testkit::population::Population;
use testkit::world::World;

use super::support::{Browser, Place, PlainAuth, SharedStore};

/// The most records that any of them may read.
const MOST: usize = 300;

/// The most records that a page of 200 may read, which a program has to ask for: each item with its owner, and who asks.
const MOST_OF_A_LONG_PAGE: usize = 430;

/// Which pages are asked for, by an administrator and by a user.
const PAGES: [&str; 7] = [
    "/",
    "/?search=table-000",
    "/tables/table-00007",
    "/tables/table-00007/settings",
    "/tables/table-00007/backups",
    "/tables/new",
    "/account",
];

/// Which pages only an administrator is shown.
const PAGES_OF_ADMINISTRATORS: [&str; 10] = [
    "/groups",
    "/groups/group-0007",
    "/about",
    "/about/audit",
    "/about/audit?table=table-00007",
    "/about/audit?user=user-00003",
    "/about/audit?kind=stop-requested",
    "/people",
    "/licenses",
    "/releases",
];

/// Which calls of the API are made, by an administrator.
const CALLS: [&str; 25] = [
    "/session",
    "/status",
    "/workers",
    "/damaged",
    "/events",
    "/events?limit=200",
    "/events?user=user-00003",
    "/events?kind=stop-requested",
    "/instances",
    "/instances?limit=200",
    "/instances/table-00007",
    "/instances/table-00007/events",
    "/instances/table-00007/events?limit=200",
    "/instances/table-00007/events?user=user-00003",
    "/instances/table-00007/logs",
    "/instances/table-00007/backups",
    "/instances/table-00007/operations",
    "/backups",
    "/operations",
    "/licenses",
    "/releases",
    "/users",
    "/users?limit=200",
    "/users/user-00003",
    "/tokens",
];

#[tokio::test]
async fn pages_and_calls_read_few_records_however_many_there_are() {
    let (tenth, all) = (costs(1_000).await, costs(10_000).await);
    assert_eq!(tenth.len(), all.len());
    let mut wrong = Vec::new();
    for ((what, few), (_, many)) in tenth.iter().zip(&all) {
        let most = if what.contains("limit=200") { MOST_OF_A_LONG_PAGE } else { MOST };
        // How names and rights of the first items meet differs a little.
        if !what.ends_with(": 200") {
            wrong.push(format!("{what} is no answer"));
        } else if *many > most || *many > few + few / 4 {
            wrong.push(format!("{what}: {few} records, and {many} where there are ten times more"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// How many records each of them reads in a deployment with so many instances.
async fn costs(instances: usize) -> Vec<(String, usize)> {
    let store = SharedStore::default();
    let password = Some(PasswordHash("plain:correct horse".to_owned()));
    let population = Population { password, ..Population::with_instances(instances) };
    population.fill(store.as_ref()).await.unwrap();
    let counting = CountingStore::of(Arc::clone(&store));
    let count = counting.clone();
    let unheard = "127.0.0.1:9".parse().unwrap();
    let place = Place::built(
        unheard,
        store,
        |_| (),
        |builder| {
            let auth = PlainAuth(Arc::new(counting.clone()) as Arc<dyn Store>);
            builder.store(counting).auth(auth).snapshots(World::default())
        },
    );
    // It would take a step for each instance, and these would be counted.
    place.send_the_worker_home();
    let mut all = Vec::new();
    for (who, pages) in [("user-00000", &PAGES_OF_ADMINISTRATORS[..]), ("user-00007", &[])] {
        let mut browser = place.browser();
        browser.get("/healthz").await;
        all.push(sign_in(&mut browser, who, &count).await);
        for page in PAGES.iter().chain(pages) {
            all.push(read(&mut browser, who, page, &count).await);
        }
    }
    let mut browser = place.browser();
    sign_in(&mut browser, "user-00000", &count).await;
    for call in CALLS {
        all.push(read(&mut browser, "api", &format!("/api/v1{call}"), &count).await);
    }
    all
}

/// What signing in is called, with its answer, and how much it reads.
async fn sign_in(browser: &mut Browser, name: &str, count: &CountingStore) -> (String, usize) {
    count.take_reads();
    let form = [("name", name), ("password", "correct horse")];
    let answer = browser.submit("/sign-in", "/sign-in", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let signed_in = browser.get("/account").await;
    (format!("{name} signs in: {}", signed_in.status.as_u16()), count.take_reads())
}

/// What one request is called, with its answer, and how much it reads.
async fn read(
    browser: &mut Browser,
    who: &str,
    path: &str,
    count: &CountingStore,
) -> (String, usize) {
    count.take_reads();
    let answer = browser.get(path).await;
    (format!("{who} {path}: {}", answer.status.as_u16()), count.take_reads())
}

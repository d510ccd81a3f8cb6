//! What one machine is promised with many tables, measured: `cargo bench --package refractory-cli --bench many_tables`.
//!
//! Fills a database of SQLite with 10 000 tables that are off, 2 500 users and 100 000 events, and prints what an idle `up` takes of a
//! processor and holds in memory, and how long pages take at 50 requests a second. Numbers of one run on one machine: whatever else
//! runs there is in them.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    reason = "a measurement reads the clock, prints, may fail, and shares with another what it does not need all of"
)]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use refractory_core::sql::{SqlOptions, SqlStore};
use support::{Up, ask, millis, opened, refractory};
use testkit::population::Population;

const TABLES: usize = 10_000;
const PASSWORD: &str = "a password for a measurement";
/// How long the worker has for a first step of each table.
const SETTLING: Duration = Duration::from_secs(40);
/// How long idleness is measured: for the time from one sweep to the next.
const IDLE: Duration = Duration::from_mins(2);
const EVERY: Duration = Duration::from_millis(20);
const REQUESTS: u32 = 3_000;
const CLIENTS: usize = 16;
const PAGES: [&str; 8] = [
    "/",
    "/?search=table-000",
    "/tables/table-00007",
    "/tables/table-00007/settings",
    "/about",
    "/about/audit",
    "/about/audit?table=table-00007",
    "/people",
];

fn main() {
    let data = tempfile::tempdir().unwrap();
    furnish(data.path());
    let begun = Instant::now();
    let up = Up::begin(data.path(), &[]);
    ask(up.port, "GET", "localhost", "/sign-in", "", "");
    println!("up to the first page, {TABLES} tables    {:>8.1} ms", millis(begun));
    sleep(SETTLING);
    println!("processor time of its start         {:>8.2} s", up.processor_time().as_secs_f64());
    let before = up.processor_time();
    sleep(IDLE);
    let share = up.processor_time().saturating_sub(before).as_secs_f64() / IDLE.as_secs_f64();
    println!("processor, idle                     {:>8.2} %", share * 100.0);
    println!("resident, idle                      {:>8.1} MB", up.resident_mb());
    let session = opened(up.port, &Population::user_name(0), PASSWORD);
    let before = up.processor_time();
    let taken = load(up.port, &format!("Cookie: refractory_session={session}"));
    let used =
        up.processor_time().saturating_sub(before).as_secs_f64() * 1000.0 / f64::from(REQUESTS);
    let each = EVERY.as_millis();
    println!("{REQUESTS} pages, one every {each} ms, by how long each took from when it was due:");
    for (page, mut of_page) in taken {
        of_page.sort_by(f64::total_cmp);
        let [half, most] = [50, 99].map(|percent| of_page[(of_page.len() - 1) * percent / 100]);
        println!("  {page:<32} p50 {half:>8.1} ms   p99 {most:>8.1} ms");
    }
    println!("processor time of a page            {used:>8.1} ms");
    println!("resident, after that                {:>8.1} MB", up.resident_mb());
}

/// A data folder with many tables, and a password for the first user.
fn furnish(data: &Path) {
    drop(Up::begin(data, &[]));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqlOptions::default();
        let store = SqlStore::open_file(&data.join("refractory.db"), &options).await.unwrap();
        Population::with_instances(TABLES).fill(&store).await.unwrap();
        store.close().await.unwrap();
    });
    refractory(data, &["user", "passwd", &Population::user_name(0)], &format!("{PASSWORD}\n"));
}

/// How long each page took, all together under an empty name. A request that is late because others were slow counts from when it
/// was due.
fn load(port: u16, cookie: &str) -> BTreeMap<&'static str, Vec<f64>> {
    let (next, taken) = (AtomicU32::new(0), Mutex::new(BTreeMap::<_, Vec<_>>::new()));
    let begun = Instant::now();
    let client = || {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            if at >= REQUESTS {
                return;
            }
            let due = begun + EVERY * at;
            sleep(due.saturating_duration_since(Instant::now()));
            let page = PAGES[at as usize % PAGES.len()];
            let (status, said) = ask(port, "GET", "localhost", page, "", cookie);
            assert_eq!(status, 200, "{page}: {said}");
            let took = millis(due);
            let mut taken = taken.lock().unwrap();
            taken.entry(page).or_default().push(took);
            taken.entry("").or_default().push(took);
        }
    };
    scope(|clients| {
        for _ in 0..CLIENTS {
            clients.spawn(client);
        }
    });
    taken.into_inner().unwrap()
}

//! Several processes on one file.
use std::process::{Command, Stdio};

use refractory_core::ErrorKind;
use refractory_core::model::Instance;
use refractory_core::ports::Collection;
use testkit::conformance::sample;

use super::{open, place};

const ROUNDS: u64 = 100;
const WRITERS: u64 = 3;
/// Tells a process of this test that it is a writer, and of which database.
const DATABASE: &str = "REFRACTORY_TEST_DATABASE";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_hammer_one_file_lose_no_update_and_never_see_a_lock() {
    if let Some(url) = std::env::var_os(DATABASE) {
        return hammer(url.to_str().unwrap()).await;
    }
    let (_folder, url) = place();
    let mut writers: Vec<_> = (1..WRITERS).map(|_| another(&url)).collect();
    hammer(&url).await;
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success(), "a writer failed");
    }
    let row: Instance = Collection::of(&open(&url).await).load("a").await.unwrap().unwrap();
    assert_eq!(row.generation, 1 + WRITERS * ROUNDS, "updates");
    assert_eq!(row.revision, 1 + WRITERS * ROUNDS, "revisions");
}

fn another(url: &str) -> std::process::Child {
    let this = "sql::processes::processes_that_hammer_one_file_lose_no_update_and_never_see_a_lock";
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", this, "--nocapture"]).env(DATABASE, url).stdin(Stdio::null());
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// Opens the file while others do the same, makes the row if it is the first, and counts.
async fn hammer(url: &str) {
    let store = open(url).await;
    let table = Collection::<Instance>::of(&store);
    if let Err(error) = table.insert(&sample::bare("a", "friday")).await {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    }
    for _ in 0..ROUNDS {
        let counted = table.update("a", |row| {
            row.generation += 1;
            Ok(true)
        });
        counted.await.unwrap().unwrap();
    }
}

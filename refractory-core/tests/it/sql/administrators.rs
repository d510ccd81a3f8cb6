//! Two processes on one database, and the last administrator.
use testkit::administrators::{handle, race_for_the_last_one};
use testkit::postgres::Server;

use super::{open, place};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_file_leave_an_administrator() {
    let (_folder, url) = place();
    let processes = [handle(open(&url).await), handle(open(&url).await)];
    race_for_the_last_one(processes, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_server_leave_an_administrator() {
    let server = Server::start().unwrap();
    let url = server.database().unwrap();
    let processes = [handle(open(&url).await), handle(open(&url).await)];
    race_for_the_last_one(processes, 60).await;
}

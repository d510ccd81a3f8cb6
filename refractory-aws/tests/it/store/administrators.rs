//! Two processes on one table, and the last administrator.
use testkit::administrators::{handle, race_for_the_last_one};
use testkit::aws::Emulator;

use crate::support::store::{another, fresh};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_table_leave_an_administrator() {
    let account = Emulator::shared().await.account();
    let processes = [handle(fresh(&account).await), handle(another(&account))];
    race_for_the_last_one(processes, 12).await;
}

//! Lists everything in an account with independent code.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot look has failed"
)]
use std::collections::BTreeMap;

use tokio::process::Command;

use super::account::Account;
use super::environment::{script, tool};

/// Kind of resource to names, for example `"ecs task definition"` to `["arn:.. ACTIVE"]`; no kind without a name.
pub type Inventory = BTreeMap<String, Vec<String>>;

/// Lists every resource in `account` with boto3, which shares no code with what the tests judge; takes about two seconds.
///
/// Lists ECS, EFS, S3 (objects, versions and uploads too), IAM, Secrets Manager (what waits for deletion too), load
/// balancers, Route 53, DynamoDB, logs, `CloudFormation`, EC2's network, ACM and Lambda. What an account has from the
/// beginning is left out, and so are tasks that have stopped and stacks that are deleted.
pub async fn inventory(account: &Account) -> Inventory {
    let python = tool("python").unwrap_or_else(|why| panic!("{why}"));
    let mut command = Command::new(python);
    command.arg("-IB").arg(script("inventory.py"));
    command.args([
        account.endpoint(),
        account.region(),
        account.access_key(),
        account.secret_key(),
    ]);
    let output = command.kill_on_drop(true).output().await.expect("the environment has a Python");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the account cannot be listed: {said}");
    serde_json::from_slice(&output.stdout).expect("the inventory is a JSON object of lists")
}

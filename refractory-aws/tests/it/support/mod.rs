//! What the tests stand on: clients of one account of the emulator. What a port needs beside them is made in
//! its own file below this one.
pub(crate) mod assets;
pub(crate) mod bed;
pub(crate) mod clock;
pub(crate) mod crowd;
pub(crate) mod limited;
pub(crate) mod meter;
pub(crate) mod names;
pub(crate) mod outputs;
pub(crate) mod programs;
pub(crate) mod store;

use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use refractory_aws::Clients;
use testkit::aws::Account;

/// The clients of `account`: more patient than the product's, because many tests share this machine.
pub(crate) fn clients(account: &Account) -> Clients {
    clients_at(account, account.endpoint())
}

/// The clients of `account` that speak to `endpoint`: a proxy in front of the emulator.
pub(crate) fn clients_at(account: &Account, endpoint: &str) -> Clients {
    Clients::over(&shared(account, endpoint).build()).unwrap()
}

/// Clients that take an attempt for lost after `attempt`, as the product's do after two and a half seconds.
pub(crate) fn hasty_clients_at(account: &Account, endpoint: &str, attempt: Duration) -> Clients {
    let hasty = shared(account, endpoint).timeout_config(timeouts(attempt));
    Clients::over(&hasty.build()).unwrap()
}

/// What the clients of `account` are made from, for those that the product has not.
pub(crate) fn shared(account: &Account, endpoint: &str) -> aws_types::sdk_config::Builder {
    let keys = Credentials::new(account.access_key(), account.secret_key(), None, None, "emulator");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(account.region().to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(10)))
        .timeout_config(timeouts(Duration::from_secs(20)))
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(attempt)
        .operation_timeout(attempt * 3)
        .build()
}

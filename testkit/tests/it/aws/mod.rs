//! The AWS of the tests: what the launcher adds to `MiniStack`, the proxy, the listing, and the image's stand-in.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the allowance for tests does not reach the functions beside them"
)]
mod accounts;
mod api;
mod balancer;
mod definitions;
mod docker;
mod image;
mod infrastructure;
mod inventory;
mod keys;
mod life;
mod looks;
mod names;
mod places;
mod proxy;
mod starts;
mod stops;
mod vault;
mod volumes;
mod weather;

use testkit::aws::{Account, Emulator};

async fn account() -> Account {
    Emulator::shared().await.account()
}

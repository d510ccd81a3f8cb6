//! The Foundry stand-in, seen from outside as everyone else sees it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the allowance for tests does not reach the functions beside them"
)]
mod demo;
mod endings;
mod files;
mod join;
mod licensing;
mod locks;
mod pages;
mod polling;
mod setup;
mod site;
mod sockets;
mod starts;
mod states;
mod threads;
mod visitor;
mod wire;
mod worlds;

use testkit::foundry::{DataFolder, Launch, Version};

const EXE: &str = env!("CARGO_BIN_EXE_foundry-stand-in");
const WORLD: &str = "the-world";
const PASSWORD: &str = "atropos";

/// A licensed program of `version` with an admin password and nothing else.
fn licensed(version: Version) -> Launch {
    let ready = |data: DataFolder| data.with_signed_license().with_admin_password(PASSWORD);
    Launch::of(EXE, version).prepared(ready)
}

/// The same with a world that is launched at start.
fn playing(version: Version) -> Launch {
    let launch = licensed(version).prepared(|data| data.with_world(WORLD, version));
    launch.flag(format!("--world={WORLD}"))
}

/// Version 13 and 14, between which most things changed.
const V13: Version = Version::new(13, 351);
const V14: Version = Version::new(14, 364);

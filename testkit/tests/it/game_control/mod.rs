//! The control of the real program, held against the stand-in.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "the allowance for tests does not reach the functions beside them, and any other answer has failed"
)]
mod check_foundry;
mod joining;
mod liars;
mod licensing;
mod migrating;
mod opening;
mod suite;

use testkit::foundry::{FixtureRelease, FoundryFixture, Launch, Version};

const EXE: &str = env!("CARGO_BIN_EXE_foundry-stand-in");

/// The stand-in as the last build of `generation`, unlicensed, with two worlds.
async fn house(generation: u32) -> FoundryFixture {
    prepared(generation, |launch| launch).await
}

/// The same, prepared further.
async fn prepared(generation: u32, prepare: impl FnOnce(Launch) -> Launch) -> FoundryFixture {
    let version = version(generation);
    FoundryFixture::open(prepare(Launch::of(EXE, version)), FixtureRelease::unsigned(version)).await
}

fn version(generation: u32) -> Version {
    *Version::EACH_GENERATION.iter().find(|version| version.generation == generation).unwrap()
}

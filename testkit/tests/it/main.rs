//! Integration tests of testkit.
mod conformance;
#[cfg(feature = "foundry")]
mod foundry;
mod liars;
mod lifecycle;

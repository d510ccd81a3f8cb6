//! Integration tests of testkit.
#[cfg(feature = "foundry")]
mod foundry;

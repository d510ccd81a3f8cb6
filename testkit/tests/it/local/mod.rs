//! One machine as a backend, with the stand-in as the program it runs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "the allowance for tests does not reach the functions beside them"
)]
mod adoption;
mod bed;
mod conformance;
mod copies;
mod endings;
mod folders;
mod limits;
mod ports;
mod starts;

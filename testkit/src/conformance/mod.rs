//! One suite for each port.
//!
//! A suite is a module of cases and two macros: one that lists the cases, and one that turns the list into
//! tests, each with a fresh subject, so that a runner names, filters and counts them clause by clause.
//! Every case has a liar that it catches: see `tests/it/liars`.
//!
//! Cases of the store and the vault take the port itself. The others take a [`Subject`]: the
//! implementation, whatever the cases need beside it, and how patient they are to be.
//! `conform_runtime!(make)` makes tests on paused time, `conform_runtime!(real_time, make)` on a runtime
//! with threads and a real clock; `make` is evaluated for each case, and may await.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a failed case panics, whatever else it was that was answered; that is the point"
)]
pub mod archives;
pub mod assets;
mod concurrency;
pub mod dns;
pub mod door;
pub mod game;
pub mod licenses;
pub mod logs;
pub mod orphaned_resources;
pub mod runtime;
pub mod sample;
pub mod snapshots;
pub mod storage;
pub mod store;
mod subject;
pub mod vault;

pub use concurrency::Call;
pub use subject::{Bounds, Contents, Subject};

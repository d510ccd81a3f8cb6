//! One suite for each port.
//!
//! A suite is a module of cases, `pub async fn case(subject: &dyn Port)`, and two macros: one that lists
//! the cases, and one that turns the list into tests, each with a fresh subject, so that a runner names,
//! filters and counts them clause by clause. Every case has a liar that it catches: see `tests/it/liars`.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a failed case panics; that is the point"
)]
mod rush;
pub mod sample;
pub mod store;
pub mod vault;

pub use rush::Call;

//! The edge: finds the instance a request is for, and passes bytes through untouched.
//!
//! A request is: find the table by host or prefix - is it awake - is this door theirs - forward. Nothing on that path asks the store.
#![expect(
    clippy::future_not_send,
    reason = "a worker of actix is one thread, and so is everything that serves a connection"
)]
mod edge;
mod find;
mod line;
mod network;
mod notice;
mod plain;
mod route;
mod settings;

pub use edge::Edge;
pub use find::Found;
pub use line::Line;
pub use network::{Network, NetworkError, client_address};
pub use notice::{Access, Notice, Pages, Wants};
pub use plain::PlainPages;
pub use route::{Route, Routes};
pub use settings::{EdgeSettings, Patience};

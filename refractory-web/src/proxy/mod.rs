//! The edge: finds the instance a request is for, and passes bytes through untouched.
//!
//! A request is: find the table by host or prefix - is it awake - is this door theirs - forward. Nothing on that path asks the store.
//! What lies in a bucket that only the deployment reads is asked for there instead, as the handle says: see `uploads`.
#![expect(
    clippy::future_not_send,
    reason = "a worker of actix is one thread, and so is everything that serves a connection"
)]
mod body;
mod client;
mod edge;
mod failure;
mod find;
mod forward;
mod forwarded;
pub mod guard;
mod headers;
mod line;
mod network;
mod notice;
mod peek;
mod plain;
mod pool;
mod referer;
mod route;
mod say;
mod settings;
mod setup;
mod tls;
mod upgrade;
mod uploads;
mod way;

pub use client::{client_address, is_from_this_machine};
pub use edge::Edge;
pub(crate) use edge::{NOT_PASSED_ON, PASSED_ON, is_never_passed_on};
pub use failure::Side;
pub use find::Found;
pub(crate) use find::forwarded_host;
#[cfg(feature = "lambda")]
pub(crate) use forwarded::listed as forwarded_hop;
pub(crate) use headers::{Handshake, handshake, settle};
pub use line::Line;
pub use network::{Network, NetworkError};
pub use notice::{Access, Notice, Pages, Wants};
pub use plain::PlainPages;
pub use route::{Route, Routes};
pub use settings::{EdgeSettings, ProxyTimeouts, SetupGate};
pub(crate) use setup::{session_cookie, to_setup};

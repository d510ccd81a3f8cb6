//! The edge: finds the instance a request is for, and passes bytes through untouched.
//!
//! A request: find the table by host or prefix, check that it is on, check the path, forward. Nothing on that way reads the store.
//! What lies in a bucket that only the deployment reads is asked for there instead, as the handle says: see `uploads`.
#![expect(
    clippy::future_not_send,
    reason = "a worker of actix is one thread, and so is everything that serves a connection"
)]
mod body;
mod client;
mod destination;
mod edge;
mod failure;
mod form;
mod forward;
mod forwarded;
pub mod guard;
mod headers;
mod instance_connections;
mod network;
mod notice;
mod plain;
mod pool;
mod referer;
mod rejection;
mod respond;
mod response_body;
mod route;
mod settings;
mod setup;
mod setup_request;
mod tls;
mod upgrade;
mod uploads;
mod upstream;

pub use client::{client_address, is_from_this_machine};
pub use destination::Destination;
pub(crate) use destination::forwarded_host;
pub use edge::Edge;
pub(crate) use edge::{ALLOWED_METHODS, METHOD_REFUSED, is_refused_method};
pub use failure::Side;
#[cfg(feature = "lambda")]
pub(crate) use forwarded::listed as forwarded_hop;
pub(crate) use headers::{Handshake, close_after_offer, handshake};
pub use instance_connections::InstanceConnections;
pub use network::{Network, NetworkError};
pub use notice::{Notice, Pages, ResponseFormat};
pub use plain::PlainPages;
pub use route::{Access, Route, Routes};
pub use settings::{EdgeSettings, ProxyTimeouts, SetupGate};
pub(crate) use setup_request::{session_cookie, to_setup};

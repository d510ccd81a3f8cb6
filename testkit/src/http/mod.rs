//! Both ends of an HTTP connection, for tests of proxies: misbehaving upstreams, and a raw client. Real sockets on
//! 127.0.0.1; bytes, not messages.
mod misbehavior;
mod raw_client;
mod upstream;
mod upstream_connection;

pub use misbehavior::Misbehavior;
pub use raw_client::{RawClient, RawResponse};
pub use upstream::Upstream;
pub use upstream_connection::UpstreamConnection;

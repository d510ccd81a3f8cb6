//! Both ends of an HTTP connection, for tests of what stands between: upstreams with bad manners, and a client that
//! says exactly what it is told. Real sockets on 127.0.0.1; bytes, not messages.
mod manner;
mod upstream;
mod wire;

pub use manner::Manner;
pub use upstream::{Upstream, Visit};
pub use wire::{Answer, Wire};

//! Connections of clients: how many there may be, how long each may keep us waiting, and what becomes of a head that is too
//! long to be read.
//!
//! Each connection costs one of the process's descriptors, and one more where it leads to a table. So there are fewer of them
//! than descriptors, and the client that keeps the server waiting longest gives way to the next one: silent clients, however many, never
//! keep others out.
mod descriptors;
mod guarded_stream;
mod head_buffer;
mod limits;
mod oversized_cookies;
mod pace;
mod registry;
mod slots;

pub use descriptors::Descriptors;
pub(crate) use guarded_stream::{GOODBYE, GuardedStream, HEAD_TIMEOUT};
pub(crate) use limits::{FEWEST_CONNECTIONS, Limits};
pub(crate) use oversized_cookies::{OversizedCookies, ROUND};
pub(crate) use pace::{BodyPace, PacedBody, body_problem, is_too_slow};
pub(crate) use registry::{ClientConnections, Connection};
pub(crate) use slots::{Slot, Slots};

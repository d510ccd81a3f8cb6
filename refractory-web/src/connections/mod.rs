//! Connections of clients: how many there may be, how long each may keep us waiting, and what becomes of a head that is too
//! long to be read.
//!
//! Each connection costs one of the process's descriptors, and one more where it leads to a table. So there are fewer of them
//! than descriptors, and whoever makes us wait longest gives way to whoever comes next: silent clients, however many, never
//! keep others out.
mod cookies;
mod descriptors;
mod exchange;
mod guarded;
mod head;
mod limits;
mod pace;
mod registry;
mod slots;

pub(crate) use cookies::{Flood, ROUND};
pub use descriptors::Descriptors;
pub(crate) use exchange::exchange;
pub(crate) use guarded::{Guarded, HEAD_WITHIN};
pub(crate) use limits::{FEWEST, Limits};
pub(crate) use pace::{Pace, body_problem, is_too_slow};
pub(crate) use registry::{Connection, Connections};
pub(crate) use slots::{Slot, Slots};

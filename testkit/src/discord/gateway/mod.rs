//! The gateway: sessions, and what they are told.
mod connection;
mod identify;
mod session;
mod socket;

pub(crate) use session::{Gateway, Out};
pub use session::{GatewayConnection, SeenIdentify};
pub(crate) use socket::upgrade;

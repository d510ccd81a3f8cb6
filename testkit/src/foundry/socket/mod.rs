//! Engine.io 4 with socket.io above it.
mod client;
mod document;
mod events;
mod hub;
mod packet;
mod polling;
mod upgrade;

pub(crate) use hub::Hub;
pub(crate) use polling::Polls;
pub(crate) use upgrade::open;

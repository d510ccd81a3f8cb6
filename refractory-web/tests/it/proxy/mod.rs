//! The edge between real sockets.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod bodies;
mod broken;
mod cookies;
mod doors;
mod express;
mod forwarded;
mod house;
mod smuggling;
mod stalls;
mod standin;
mod tunnels;
mod uploads;
mod waiting;

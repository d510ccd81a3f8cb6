//! Headers on their way through: everything that is meant for the other end, and nothing else.
mod cookie;
mod handshake;
mod hop;
mod identity;
mod pass;

pub(super) use cookie::{SessionRule, read_as_express};
pub(crate) use handshake::{Handshake, handshake, settle};
pub(super) use identity::hyphenated;
pub(super) use pass::{Scene, answer_headers, ask_headers};

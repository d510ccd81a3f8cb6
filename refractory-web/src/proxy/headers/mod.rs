//! Headers on their way through: everything that is meant for the other end, and nothing else.
mod cookie;
mod handshake;
mod hop;
mod identity;
mod rewrite;

pub(super) use cookie::{SessionRule, read_as_express};
pub(crate) use handshake::{Handshake, close_after_offer, handshake};
pub(super) use identity::hyphenated;
pub(super) use rewrite::{ForwardedContext, request_headers, response_headers};

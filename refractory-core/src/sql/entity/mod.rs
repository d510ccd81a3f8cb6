//! The tables.
#![expect(unreachable_pub, reason = "what sea-orm derives is `pub`, and so must its parts be")]
pub(super) mod deletion;
pub(super) mod record;
pub(super) mod record_index;
pub(super) mod record_key;

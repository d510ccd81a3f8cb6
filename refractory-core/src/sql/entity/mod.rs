//! The two tables.
#![expect(unreachable_pub, reason = "what sea-orm derives is `pub`, and so must its parts be")]
pub(super) mod row;
pub(super) mod row_key;

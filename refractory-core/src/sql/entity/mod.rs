//! The tables.
pub(super) mod row;
pub(super) mod row_text;

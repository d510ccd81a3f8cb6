//! The table: what the stack makes, and what lies in it.
//!
//! | item | `pk` | `sk` | beside them |
//! |---|---|---|---|
//! | a row | its kind, as `instance` | its id | `id` (as `sk`), `rev`, `fmt`, `txt`, `ops`, `body`; `ttl` where it ends by itself |
//! | a unique text | `text/` and the kind | `=` and the text, or `#` and its digest where it is long | `row`: the id of the row that has it |
//!
//! Only rows have `id`, so the index [`INDEX`] has one entry of some forty bytes for each row, and reading it is how
//! changes are noticed: a projection alone would be charged for whole rows. It is a *local* index, because a global
//! one cannot be read consistently: a worker that overlooks a row that was just written believes it gone. A local
//! index has to be made with the table, and keeps the rows of one kind in one partition: 1 000 units written and
//! 3 000 read in a second, 10 GB.

/// The partition key of the table, a string.
pub const PARTITION_KEY: &str = "pk";
/// The sort key of the table, a string.
pub const SORT_KEY: &str = "sk";
/// The attribute with which DynamoDB deletes items by itself: seconds since 1970.
pub const TIME_TO_LIVE: &str = "ttl";
/// The local secondary index of ids and revisions. Its partition key is the table's.
pub const INDEX: &str = "heads";
/// The sort key of [`INDEX`], a string.
pub const INDEX_SORT_KEY: &str = "id";
/// What [`INDEX`] has beside keys: its projection is `INCLUDE` of these.
pub const INDEX_INCLUDES: &[&str] = &[REVISION];

pub(super) const REVISION: &str = "rev";
pub(super) const FORMAT: &str = "fmt";
pub(super) const TEXTS: &str = "txt";
pub(super) const OPERATIONS: &str = "ops";
pub(super) const BODY: &str = "body";
pub(super) const ROW: &str = "row";

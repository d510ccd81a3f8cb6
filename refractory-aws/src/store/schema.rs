//! The table: what the stack makes, and what lies in it.
//!
//! | item | `pk` | `sk` | beside them |
//! |---|---|---|---|
//! | a record | its kind, as `instance` | its id | `id`: the stamp of its last write; `rev`, `fmt`, `txt`, `idx`, `ops`, `body`; `ttl` where it ends without a write |
//! | a deletion | the kind | `~` and the id | `id`: the stamp of the deletion; `ttl` |
//! | a unique key | `text/` and the kind | `=` and the text, or `#` and its digest where it is long | `row`: the id of the record that has it |
//! | a place in an index | `index/`, the index, `/` and the partition | the sort value, U+0001 and the id | `row`: the id of the record; `ttl` with that of the record |
//! | the form of all this | `schema` | `version` | `n` |
//!
//! Only records and deletions have `id`, so the index [`INDEX`] has one small entry for each, in the order of writing, and
//! reading its end is how changes are noticed: a projection alone would be charged for whole records. It is a *local* index,
//! because a global one cannot be read consistently. A local index has to be made with the table, and keeps the records of one
//! kind in one partition: 1 000 units written and 3 000 read in a second, 10 GB.
//!
//! A stamp is a count of microseconds that never runs backward: at least the clock's, and more than any that was seen. It is
//! taken before the write, so a write may be stored after one with a later stamp, by as long as a call may take; a process that
//! follows changes reads that far back again. A process that writes what it does not follow stamps by its clock: clocks may
//! differ by two seconds.

/// The partition key of the table, a string.
pub const PARTITION_KEY: &str = "pk";
/// The sort key of the table, a string.
pub const SORT_KEY: &str = "sk";
/// The time-to-live attribute of DynamoDB: seconds since 1970.
pub const TIME_TO_LIVE: &str = "ttl";
/// The local secondary index of stamps and revisions. Its partition key is the table's.
pub const INDEX: &str = "heads";
/// The sort key of [`INDEX`], a string: the stamp. Its name is from the time when it was an id, and a key has one name for ever.
pub const INDEX_SORT_KEY: &str = "id";
/// What [`INDEX`] has beside keys: its projection is `INCLUDE` of these.
pub const INDEX_INCLUDES: &[&str] = &[REVISION];

pub(super) const REVISION: &str = "rev";
pub(super) const FORMAT: &str = "fmt";
pub(super) const TEXTS: &str = "txt";
pub(super) const PLACES: &str = "idx";
pub(super) const OPERATIONS: &str = "ops";
pub(super) const BODY: &str = "body";
pub(super) const ROW: &str = "row";
pub(super) const NUMBER: &str = "n";

/// What no record's id begins with, and all are before.
pub(super) const DELETED: &str = "~";
/// What stands between a sort value and an id: less than any character of a sort value.
pub(super) const BETWEEN: char = '\u{1}';

//! Stores behind SQL: the only place that may name sea-orm.
//!
//! Two tables, whatever is kept: `row` has each aggregate as JSON beside its kind, id and revision, and
//! `row_key` has the texts that rows claim. So the database sees to it that texts are unique, and one
//! `UPDATE … WHERE revision = …` in the same transaction is all the locking there is. Adding a field or a
//! kind changes no table; see `docs/decisions/one-store-trait.md`.
mod address;
mod connect;
mod entity;
mod error;
mod json;
mod migration;
mod options;
mod store;

pub use options::SqlOptions;
pub use store::SqlStore;

//! Stores behind SQL: the only place that may name sea-orm.
//!
//! Every row of every kind lies in one table, with its content as JSON; every unique text lies in a second one, whose primary
//! key is what makes it unique. So SQLite and PostgreSQL behave alike, and a new field of the domain needs no migration.
mod codec;
mod entity;
mod error;
mod migration;
mod open;
mod store;

pub use open::SqlOptions;
pub use store::SqlStore;

//! Stores behind SQL: the only place that may name sea-orm.
//!
//! `record` has each aggregate as JSON beside its kind, id and revision; `record_key` has the keys that no two records may have,
//! `record_index` their places in the indexes, `deletion` what went lately. The database sees to it that keys are unique, and an
//! `UPDATE … WHERE revision = …` in the transaction of the commit is all the locking there is. `store_position` counts writes: the
//! count is taken first in each transaction, so that its order is the order of commits, also where several processes write.
//! Adding a field or a kind changes no table; adding an index needs a migration that fills it.
mod address;
mod connect;
mod entity;
mod error;
mod json;
mod migration;
mod options;
mod read;
mod store;
mod write;

pub use options::SqlOptions;
pub use store::SqlStore;

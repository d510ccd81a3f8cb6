//! Integration tests of refractory-core.
#[cfg(feature = "sqlite")]
mod sql_store;

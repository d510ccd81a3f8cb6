//! Integration tests of refractory-core.
#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod sql;

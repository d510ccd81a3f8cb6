//! Stores behind SQL: the only place that may name sea-orm.

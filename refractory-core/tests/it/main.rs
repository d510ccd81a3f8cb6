//! Integration tests of refractory-core.

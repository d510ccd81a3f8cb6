//! Integration tests of testkit.

//! Clocks for tests.

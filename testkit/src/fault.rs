//! Trouble, on demand.

//! A whole cloud in memory.

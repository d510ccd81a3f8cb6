//! The configuration file, and everything else that may set the same keys.

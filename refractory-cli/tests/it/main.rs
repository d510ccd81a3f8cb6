//! Integration tests of refractory-cli.

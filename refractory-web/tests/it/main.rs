//! Integration tests of refractory-web.

//! Integration tests of refractory-web.
mod proxy;

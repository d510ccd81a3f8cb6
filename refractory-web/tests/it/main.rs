//! Integration tests of refractory-web.
mod portal;
mod proxy;

//! Integration tests of refractory-web.
#[cfg(feature = "bin")]
mod binary;
#[cfg(feature = "lambda")]
mod lambda;
mod log;
mod portal;
mod proxy;

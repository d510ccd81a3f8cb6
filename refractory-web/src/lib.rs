//! The portal and the edge: pages, a JSON API and a reverse proxy in one listener.
pub mod proxy;

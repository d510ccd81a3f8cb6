//! The portal and the edge: pages, a JSON API and a reverse proxy in one listener.
//!
//! [`Portal::new`] takes a [`Refractory`](refractory_core::Refractory) handle and a [`WebConfig`];
//! [`bind`](Portal::bind) opens the listener, and [`run_until`](BoundPortal::run_until) serves until the given
//! future ends. A request for `slug.domain` (or, with `by_path`, for `/slug/`) is passed on to that table; everything
//! else is the portal's.
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
pub mod api;
mod config;
mod connections;
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod dispatch;
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod exchange;
mod feed;
mod form_error;
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod guard;
mod hasher;
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod http_rules;
#[cfg(feature = "lambda")]
pub mod lambda;
mod links;
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod live;
mod metrics;
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod pages;
mod portal;
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod probes;
mod problem;
pub mod proxy;
mod route_table;
mod routes;
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod security_headers;
mod server;
#[expect(clippy::future_not_send, reason = "a worker of actix is one thread")]
mod session;
mod shared;
mod statics;
mod templates;
mod upload;
mod view;
mod words;

pub use config::{MetricsAccess, WebConfig};
pub use connections::Descriptors;
pub use hasher::Hasher;
pub use links::{foundry_setup_url, setup_url, sign_in_url};
pub use portal::{BoundPortal, Listener, Portal};
pub use routes::routes;

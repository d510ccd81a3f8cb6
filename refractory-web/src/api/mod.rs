//! The same verbs for programs, under `/api/v1`.
mod events;
mod instances;
mod licenses;
mod releases;
mod routes;
mod session;
mod users;

pub(crate) use routes::{route_table, routes};

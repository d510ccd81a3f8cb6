//! The JSON API under `/api/v1`: its handlers, and the forms that requests and answers have.
mod backups;
mod body;
mod choices;
mod events;
mod groups;
mod instances;
mod licenses;
mod openapi;
mod operations;
mod paging;
mod releases;
mod revision;
mod routes;
mod session;
mod stream;
mod tokens;
mod types;
mod users;

pub(crate) use routes::{description, route_table, routes};
pub use types::*;

//! The same verbs for programs, under `/api/v1`.
mod backups;
mod events;
mod instances;
mod licenses;
mod operations;
mod releases;
mod routes;
mod session;
mod users;

pub use backups::BackupJson;
pub use operations::{OperationJson, StepJson};
use routes::BASE;
pub(crate) use routes::{route_table, routes};

//! Pages that keep themselves up to date, by server-sent events.
mod door;
mod log;
mod stream;
mod tables;

pub(crate) use door::door;
pub(crate) use log::log;
pub(crate) use tables::{stream, table, tables};

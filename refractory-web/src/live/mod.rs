//! Pages that keep themselves up to date, by server-sent events.
mod audit;
mod log;
mod reader;
mod stream;
mod tables;
mod waiting;

pub(crate) use audit::audit;
pub(crate) use log::log;
pub(crate) use reader::Reader;
pub(crate) use stream::{EventSource, answer, event};
pub(crate) use tables::{table, tables};
pub(crate) use waiting::door;

//! What people see.
mod about;
mod account;
mod audit;
mod backups;
mod chrome;
mod create;
mod enter;
mod failure;
mod foundry_setup;
mod grants;
mod groups;
mod licenses;
mod paging;
mod password;
mod people;
mod releases;
mod routes;
#[cfg(test)]
mod samples;
mod settings;
mod spec;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod tokens;
mod waiting;

pub(crate) use audit::{Activity, AuditForm, first_page};
pub(crate) use foundry_setup::{enter as enter_foundry_setup, enter_page as foundry_setup};
pub(crate) use routes::{route_table, routes};
pub(crate) use table::{Panel, latest_events};
pub(crate) use tables::Card;
pub(crate) use waiting::{Door, DoorPart, WaitingPages};

//! REST, as under `/api/v10`. Every handler is a function of the world and the call.
mod body;
mod call;
mod channels;
mod commands;
mod compose;
mod guilds;
mod messages;
mod overwrites;
mod pins;
mod roles;
mod route;
mod threads;
mod users;

pub(crate) use body::read_body;
pub(crate) use call::{Answer, Answered, Call};
pub(crate) use compose::{Composed, compose, edit};
pub(crate) use roles::remove as remove_role;
pub(crate) use route::answer;

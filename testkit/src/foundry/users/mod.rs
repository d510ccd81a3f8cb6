//! The users of a world, in the database of the program's generation.
mod level;
mod nedb;
mod store;
mod user;

pub(crate) use store::Users;
pub(crate) use user::{GAMEMASTER, User};

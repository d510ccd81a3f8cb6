//! Who is signed in, and that what they send is theirs.
pub(crate) mod cookie;
mod credentials;
pub(crate) mod csrf;
mod flash;
mod hasher;
mod middleware;
mod posted;
mod visitor;

pub(crate) use credentials::{check_password, confirm_password, device_cookie};
pub(crate) use flash::Flash;
pub use hasher::Hasher;
pub(crate) use middleware::{identify, keep_to_rate};
pub(crate) use posted::{Commanded, Ordered, Posted, came_badly, check_sender};
pub(crate) use visitor::{Anyone, Person, Visitor, address_of, theme};

//! Documented limits of what an app sends, refused with 50035 at the field.
mod channel;
mod command;
mod components;
mod embed;
mod field;
mod message;
mod modal;

pub(crate) use channel::{Naming, check_channel};
pub(crate) use command::{check_command, check_commands};
pub(crate) use message::check_message;
pub(crate) use modal::{check_choices, check_modal};

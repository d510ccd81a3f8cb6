//! What there is on Discord: plain data, and its JSON.
pub(crate) mod channel;
pub(crate) mod guild;
pub(crate) mod id;
pub(crate) mod message;
pub(crate) mod user;

pub(crate) use channel::{Channel, Overwrite, Thread, kind};
pub(crate) use guild::{Guild, Role};
pub use id::Id;
pub(crate) use id::IdSource;
pub(crate) use message::Message;
pub use message::Pinged;
pub(crate) use user::{Account, Member};

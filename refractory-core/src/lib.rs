//! Run leased Foundry Virtual Tabletop instances from a description of what people want.
pub mod clock;
pub mod error;
pub mod id;
pub mod secret;

pub use async_trait::async_trait;
pub use clock::{Clock, SystemClock, Timestamp};
pub use error::{Error, ErrorKind, Result};
pub use id::{
    EventId, IdError, InstanceId, Key, LicenseId, ReleaseId, SecretName, TokenId, UserId, WorkerId,
};
pub use secret::Secret;

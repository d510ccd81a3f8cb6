//! Run leased Foundry Virtual Tabletop instances from a description of what people want.
pub mod clock;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "accounts")]
pub mod digest;
pub mod error;
#[cfg(feature = "foundry")]
pub mod foundry;
pub mod id;
#[cfg(feature = "local")]
pub mod local;
pub mod memory;
pub mod model;
pub mod null;
pub mod plan;
pub mod ports;
mod reconcile;
pub mod secret;
mod service;
#[cfg(feature = "sql")]
pub mod sql;

pub use async_trait::async_trait;
pub use clock::{Clock, SystemClock, Timestamp};
pub use error::{Error, ErrorKind, Result};
pub use id::{
    EventId, IdError, InstanceId, Key, LicenseId, ReleaseId, SecretName, TokenId, UserId, WorkerId,
};
pub use memory::{MemoryStore, MemoryVault};
pub use reconcile::{Patience, Worker};
pub use secret::Secret;
pub use service::{
    Addressing, Builder, Change, Changes, Ports, Refractory, Relation, StorePool, Verb, Watch,
    allows,
};
#[cfg(feature = "accounts")]
pub use service::{EULA_VERSION, LicenseView, MintedToken};

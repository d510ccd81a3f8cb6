//! Run leased Foundry Virtual Tabletop instances from a description of what people want.
//!
//! A host brings a [runtime](ports::InstanceRuntime), and as many of the other [`ports`] as it has. [`Refractory::builder`] turns them
//! into two things: the handle [`Refractory`], which changes wishes and reads rows, and a [`Worker`], which brings the world
//! to what is wished for and keeps it there. They share nothing but the [store](ports::Store), so they may live in one
//! process or in several.
//!
//! Without features this crate is the domain, the plan, the worker and the service, over a store in memory. The features add
//! what one machine needs: `foundry` (the program itself), `local` (processes, folders, a keyring), `sqlite` and `postgres`,
//! `config`, and `accounts` (people, sessions, license keys).
pub mod access;
#[cfg(feature = "foundry")]
mod blocking;
pub mod clock;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "accounts")]
pub mod digest;
#[cfg(feature = "foundry")]
mod disk;
pub mod error;
pub mod finding;
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
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod sql;
pub mod text;
pub mod words;

pub use access::{Rights, Verb, can, check_role, may};
pub use async_trait::async_trait;
pub use clock::{Clock, MonotonicTime, SystemClock, Timestamp};
pub use error::{Cause, Code, Error, ErrorKind, Remedy, Result};
pub use id::{
    BackupId, DeploymentId, EventId, GroupId, IdError, InstanceId, LaunchId, LicenseId,
    OperationId, ReleaseId, SecretName, TokenId, UserId, WorkerId,
};
pub use memory::{MemoryStore, MemoryVault};
pub use model::{Change, EULA_VERSION};
pub use ports::Cursor;
pub use reconcile::{Worker, WorkerOptions};
pub use secret::Secret;
pub use service::{
    Addressing, Builder, Changes, EventCursor, EventFilter, EventPage, FollowedEvent,
    InstanceWatch, ListQuery, Pairing, Playing, Ports, Refractory, Settled, StorePool,
    Subscription, Watch, pair, settled,
};
#[cfg(feature = "accounts")]
pub use service::{
    ApiTokenPage, ApiTokenView, EnteredSetup, LicenseView, Member, MemberPage, MintedToken,
    NewApiToken, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS, SetupPass, UserChange, account_of_mark,
    check_new_password, foundry_session_digest, right_of_group,
};

//! Run leased Foundry Virtual Tabletop instances from a description of their desired state.
//!
//! An embedder brings a [runtime](ports::InstanceRuntime), and as many of the other [`ports`] as it has. [`Refractory::builder`] turns them
//! into two things: the handle [`Refractory`], which writes desired states and reads instances, and a [`Worker`], which brings the
//! world to the desired state and keeps it there. They share nothing but the [store](ports::Store), so they may live in one
//! process or in several. A worker does nothing until [`Worker::run_until`] is polled.
//!
//! ```
//! use std::time::Duration;
//!
//! use refractory_core::model::{NewInstance, Slug};
//! use refractory_core::{Refractory, Result, Settled};
//! # use std::collections::BTreeMap;
//! # use std::sync::Mutex;
//! # use refractory_core::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Stop};
//! # use refractory_core::{LaunchId, async_trait};
//! # #[derive(Debug, Default)]
//! # struct MyRuntime(Mutex<BTreeMap<LaunchId, Endpoint>>);
//! # #[async_trait]
//! # impl InstanceRuntime for MyRuntime {
//! #     async fn ensure(&self, id: &LaunchId, _: &LaunchSpec) -> Result<Observed<Endpoint>> {
//! #         self.0.lock().unwrap().insert(id.clone(), Endpoint::new("127.0.0.1", 30_000));
//! #         self.observe(id).await
//! #     }
//! #     async fn observe(&self, id: &LaunchId) -> Result<Observed<Endpoint>> {
//! #         Ok(self.0.lock().unwrap().get(id).cloned().map_or(Observed::Absent, Observed::Ready))
//! #     }
//! #     async fn remove(&self, id: &LaunchId, _: Stop) -> Result<Observed<Endpoint>> {
//! #         self.0.lock().unwrap().remove(id);
//! #         Ok(Observed::Absent)
//! #     }
//! #     async fn list(&self) -> Result<Vec<LaunchId>> {
//! #         Ok(self.0.lock().unwrap().keys().cloned().collect())
//! #     }
//! # }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let (app, worker) = Refractory::builder(MyRuntime::default()).build();
//! let start_a_table = async {
//!     let who = app.operator();
//!     let table = app.create(&who, NewInstance::named(Slug::new("friday-night")?)).await?;
//!     let asked = app.start(&who, &table.id).await?;
//!     app.settled(&who, &asked, Duration::from_mins(5)).await
//! };
//! // Programs run until a signal; this one until the table is on.
//! tokio::select! {
//!     () = worker.run_until(std::future::pending()) => {}
//!     outcome = start_a_table => assert!(matches!(outcome?, Settled::On(_))),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Where to go from here:
//!
//! - [`ports::InstanceRuntime`] is the one port without a default. The crate `testkit` (feature `suites`) holds an implementation to its contract with
//!   one macro; `examples/custom-runtime` is a small one.
//! - [`Builder`] names the default of every other port, and takes each as a value or in an `Arc`.
//! - [`Refractory::operator`] acts for the program itself; with the feature `accounts`, the handle makes principals of users from what they show (passwords, sessions, tokens).
//! - [`model::Instance::phase`] and [`health`](model::Instance::health) say how an instance is; [`Refractory::watch_instance`], [`watch`](Refractory::watch) and
//!   [`subscribe`](Refractory::subscribe) follow it, all of them, and the audit log; [`watch_operation`](Refractory::watch_operation) follows long work.
//! - [`Error::kind`], [`code`](Error::code) and [`is_transient`](Error::is_transient) are what to match on; [`Error::for_people`] is what to show.
//!
//! Without features this crate is the domain, the plan, the worker and the service, over a store in memory. The features add
//! what one machine needs: `foundry` (the program itself), `local` (processes, folders, a keyring, passwords), `sqlite` and `postgres`,
//! `config`, and `accounts` (users, sessions, license keys). `refractory-web` adds the portal and the edge.
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
    BackupId, DeploymentId, EventId, FrontEndRecordId, GroupId, IdError, InstanceId, LaunchId,
    LicenseId, OperationId, ReleaseId, SecretName, TokenId, UserId, WorkerId,
};
pub use memory::{MemoryStore, MemoryVault};
pub use model::{Change, EULA_VERSION};
pub use ports::Cursor;
pub use reconcile::{Worker, WorkerOptions};
pub use secret::Secret;
pub use service::{
    Addressing, Builder, Changes, DamagedPage, Deliveries, Delivery, EventCursor, EventFilter,
    EventPage, FollowedEvent, FrontEndRecords, InstanceWatch, Leadership, ListQuery,
    OperationWatch, Pairing, Playing, Ports, RecordCollection, Refractory, Settled,
    SettledOperation, StorePool, Subscription, Watch, pair, settled,
};
#[cfg(feature = "accounts")]
pub use service::{
    ApiTokenPage, ApiTokenView, EnteredSetup, LicenseView, Member, MemberPage, MintedToken,
    NewApiToken, NewUser, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS, SetupPass, UserChange,
    account_of_mark, check_new_password, foundry_session_digest, right_of_group,
};

//! The domain: what people want, what was done about it, and how that reads.
mod admins;
mod booked;
mod change;
mod deployment;
mod event;
mod fault;
mod instance;
mod journal;
mod license;
mod people;
mod release;
mod setup;
mod slug;
mod spec;
mod token;
mod version;
mod view;
mod wish;
mod worker;

pub use admins::{AdminChange, AdminGuard};
pub use booked::{Acceptance, Claim, Doubt, Seen, Undoing, Yielding};
pub(crate) use change::differences;
pub use change::{Change, Edit, LimitsChange, SpecChange};
pub use deployment::DeploymentMark;
pub use event::{Event, EventKind};
pub use fault::Fault;
pub use instance::{Instance, NewInstance};
pub use journal::{Attempt, Held, Journal, Record, Step};
pub use license::{
    EULA_VERSION, Lease, License, LicenseKey, LicenseKeyError, LicenseWish, Reservation,
};
pub use people::{PasswordHash, Principal, Role, User, UserName, UserNameError, Via};
pub use release::{Layout, Program, Release, ReleaseWish};
pub use setup::{SetupAccess, SetupEntry, WorldSummary};
pub use slug::{Hostname, Slug, SlugError};
pub use spec::{InstanceSpec, Limits, WorldId, WorldIdError};
pub use token::{Purpose, SetupTicket, Token};
pub use version::{Version, VersionError};
pub use view::{Health, Phase};
pub use wish::{Power, Urgency, Wish};
pub use worker::WorkerMark;

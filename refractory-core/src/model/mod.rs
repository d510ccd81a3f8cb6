//! The domain: what people want, what was done about it, and how that reads.
mod access;
mod admins;
mod annotation;
mod backup;
mod change;
mod deployment;
mod desired_state;
mod event;
mod fault;
pub(crate) mod front_end_record;
mod group;
mod identity;
mod instance;
mod journal;
mod license;
mod name;
mod named;
mod operation;
mod people;
mod principal;
mod release;
mod retained_admin_key;
mod scope;
mod setup;
mod slug;
mod spec;
mod token;
mod version;
mod view;
mod waiting;
mod worker;

pub use access::{Grantee, GranteeName, Grants, GrantsChange, NamedGrants, Right};
pub use admins::{AdminChange, AdminGuard};
pub use annotation::{Acceptance, Claim, Preemption, Seen, SuspectedFailure, Teardown};
pub use backup::{Backup, BackupCheck};
pub use change::{Change, Edit, LimitsChange, SpecChange};
pub(crate) use change::{check_revision, differences};
pub use deployment::DeploymentMark;
pub use desired_state::{DesiredState, Power, Urgency};
pub use event::{Actor, Event, EventKind, FoundOrphan, GrantedRight, SignInFailure, SignInMethod};
pub use fault::Fault;
pub use front_end_record::{FrontEndRecord, RecordContent};
pub use group::{Group, GroupName, GroupNameError, Membership};
pub use identity::{Email, Identity, Locale, UserState};
pub use instance::{Instance, NewInstance};
pub use journal::{Attempt, Held, Journal, Record, Step};
pub use license::{
    EULA_VERSION, Lease, License, LicenseChoice, LicenseKey, LicenseKeyError, Reservation,
};
#[cfg(feature = "accounts")]
pub(crate) use name::checked_label;
pub use named::Named;
pub use operation::{
    BackupRef, Cancellation, Hold, HoldReason, Operation, OperationEnd, OperationFailure,
    OperationFault, OperationJournal, OperationKind, OperationName, OperationOutcome,
    OperationState, OperationStep, StepRecord, Subject,
};
pub use people::{PasswordHash, Role, User, UserName, UserNameError};
pub use principal::{GroupMember, Principal, Via};
pub use release::{Layout, Program, Release, ReleaseChoice};
pub use retained_admin_key::RetainedAdminKey;
pub use scope::{Scope, Scopes};
pub use setup::{SetupAccess, SetupEntry, WorldSummary};
pub use slug::{Hostname, Slug, SlugError};
pub use spec::{InstanceSpec, Limits, WorldId, WorldIdError};
pub use token::{ApiToken, Purpose, SetupTicket, Token};
pub use version::{Version, VersionError};
pub use view::{Health, InstanceState, Phase};
pub use waiting::{HolderActivity, LicenseUse, LicenseWait, Outlook, Waiting};
pub use worker::{DutyReport, WorkerMark};

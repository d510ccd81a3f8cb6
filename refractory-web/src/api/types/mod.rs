//! The forms of the API: what requests say and what answers hold. `--json` at the prompt prints the same ones.
//!
//! Values are for machines: bytes, seconds where nothing else is said, RFC 3339 in UTC, and enumerations in kebab-case. A form names
//! every field, and is never the record that the store keeps.
mod account;
mod activity;
mod group;
mod instance;
mod list;
mod operation;
mod stock;

pub use account::{
    NewSession, NewToken, NewUser, OpenedSession, Role, Session, SignInLink, Token, TokenScope,
    TokenWithSecret, User, UserPatch, UserState,
};
pub use activity::{DamagedRecord, DeploymentStatus, Duty, Event, LogLines, Worker};
pub use group::{Group, GroupInstance, GroupPatch, Member, Membership, NewGroup, Right};
pub use instance::{
    Access, AccessPatch, Fault, Instance, InstanceAction, InstancePatch, InstancePhase,
    InstanceStep, Limits, LimitsPatch, NewInstance, Power, SetupLink,
};
pub use list::{InstancePage, Page};
pub use operation::{
    Backup, NewBackup, Operation, OperationFailure, OperationState, OperationStep,
    OperationStepRecord, OperationStepState, RestoreBackup,
};
pub use stock::{
    EulaAcceptance, FetchRelease, License, LicensePatch, NewLicense, Release, ReleaseProgram,
};

//! The forms of the API: what requests say and what answers hold. `--json` at the prompt prints the same ones.
//!
//! Values are for machines: bytes, seconds where nothing else is said, RFC 3339 in UTC, and enumerations in kebab-case. A form names
//! every field, and is never the record that the store keeps.
mod account;
mod activity;
mod instance;
mod list;
mod stock;

pub use account::{
    NewSession, NewToken, NewUser, OpenedSession, Role, Session, SignInLink, Token, TokenScope,
    TokenWithSecret, User, UserPatch,
};
pub use activity::{DamagedRecord, DeploymentStatus, Duty, Event, LogLines, Worker};
pub use instance::{
    Access, Fault, Instance, InstanceAction, InstancePatch, InstancePhase, InstanceStep, Limits,
    LimitsPatch, NewInstance, Power, SetupLink,
};
pub use list::{InstancePage, Page};
pub use stock::{
    EulaAcceptance, FetchRelease, License, LicensePatch, NewLicense, Release, ReleaseProgram,
};

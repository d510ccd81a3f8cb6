//! Kinds of events, with what each is about.
use std::time::Duration;

use crate::model::{Hostname, Named, OperationName, Right, Role, Step, Version, WorldId};
use crate::{
    BackupId, Cause, GroupId, InstanceId, LaunchId, LicenseId, OperationId, ReleaseId, UserId,
};

macro_rules! kinds {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal $variant:ident $({ $( $(#[$field_attr:meta])+ $field:ident: $type:ty ),+ $(,)? })?,
    )+) => {
        /// What happened. Which instance it happened to, who did it and when stand beside it in the
        /// [`Event`](super::Event).
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(tag = "kind", content = "details")
        )]
        #[non_exhaustive]
        pub enum EventKind {
            $(
                $(#[doc = $doc])+
                #[cfg_attr(feature = "serde", serde(rename = $name))]
                $variant $({ $( $(#[$field_attr])+ $field: $type ),+ })?,
            )+
            /// An event of version 0.1, which wrote down a word and a sentence.
            #[cfg_attr(feature = "serde", serde(skip))]
            Recorded {
                /// The word for its kind.
                name: String,
                /// The sentence.
                text: String,
            },
            /// An event of a newer version. It is kept as it was written.
            #[cfg_attr(feature = "serde", serde(skip))]
            Unknown {
                /// The name of its kind.
                name: String,
                /// Its details, as JSON; empty where it has none.
                details: String,
            },
        }

        impl EventKind {
            /// The names of all kinds that this version writes.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The stable name: for JSON, filters and translations.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant { .. } => $name,)+
                    Self::Recorded { name, .. } | Self::Unknown { name, .. } => name,
                }
            }
        }
    };
}

kinds! {
    /// An instance was added.
    "instance-created" InstanceCreated,
    /// The settings of an instance were changed.
    "instance-changed" InstanceChanged {
        /// The names of the fields: `name`, `title`, `release`, `world`, `license`, `limits`, `language`.
        fields: Vec<String>,
    },
    /// An instance has another owner, or none.
    "owner-changed" OwnerChanged {
        /// The former owner.
        from: Option<Named<UserId>>,
        /// The new owner.
        to: Option<Named<UserId>>,
    },
    /// Who has access to an instance was changed.
    "access-changed" AccessChanged {
        /// The rights that were granted otherwise.
        rights: Vec<GrantedRight>,
    },
    /// A start was asked for.
    "start-requested" StartRequested,
    /// A restart was asked for.
    "restart-requested" RestartRequested,
    /// A stop was asked for.
    "stop-requested" StopRequested,
    /// The deletion of an instance with all of its data was asked for.
    "deletion-requested" DeletionRequested,
    /// An administrator said that the machine of an instance is gone for good.
    "machine-declared-lost" MachineDeclaredLost,
    /// An instance is on: players can join.
    "instance-started" InstanceStarted,
    /// An instance is off.
    "instance-stopped" InstanceStopped,
    /// An instance was closed because the process that ran it ends.
    "instance-suspended" InstanceSuspended {
        /// Whether it starts again with the next process.
        resumes: bool,
    },
    /// A running instance died without being asked to.
    "instance-lost" InstanceLost {
        /// What died.
        step: Step,
        /// Why.
        cause: Cause,
        /// The same as a sentence, for causes without words of their own.
        message: String,
        /// Whether it stays off.
        given_up: bool,
    },
    /// An attempt to make or to undo a step failed.
    "attempt-failed" AttemptFailed {
        /// The step.
        step: Step,
        /// Why.
        cause: Cause,
        /// The same as a sentence, for causes without words of their own.
        message: String,
        /// Which attempt it was, counted from one.
        attempt: u32,
        /// How long until the next attempt; none where it was given up.
        retry: Option<Duration>,
    },
    /// An instance is gone, with all of its data.
    "instance-removed" InstanceRemoved {
        /// Who owned it.
        owner: Option<UserId>,
    },
    /// A world is open.
    "world-opened" WorldOpened {
        /// The world.
        world: WorldId,
    },
    /// A user entered Foundry's setup.
    "setup-entered" SetupEntered,
    /// Foundry saves its settings, and starts again with them.
    "settings-saved" SettingsSaved,
    /// New credentials for uploads were asked for.
    "credentials-rotation-requested" CredentialsRotationRequested,
    /// The former credentials for uploads were deleted.
    "credentials-rotated" CredentialsRotated,
    /// A backup, or another operation on one, was asked for.
    "operation-requested" OperationRequested {
        /// The operation.
        operation: OperationId,
        /// Which kind it is.
        what: OperationName,
        /// The backup that it is about.
        backup: Option<BackupId>,
    },
    /// An operation did what was asked for.
    "operation-succeeded" OperationSucceeded {
        /// The operation.
        operation: OperationId,
        /// Which kind it is.
        what: OperationName,
        /// The backup that it is about.
        backup: Option<BackupId>,
    },
    /// An operation was given up, and what it had begun was undone.
    "operation-failed" OperationFailed {
        /// The operation.
        operation: OperationId,
        /// Which kind it is.
        what: OperationName,
        /// The backup that it is about.
        backup: Option<BackupId>,
        /// Why.
        cause: Cause,
        /// The same as a sentence, for causes without words of their own.
        message: String,
    },
    /// A user canceled an operation.
    "operation-canceled" OperationCanceled {
        /// The operation.
        operation: OperationId,
        /// Which kind it is.
        what: OperationName,
    },
    /// An instance got a license that was free.
    "license-granted" LicenseGranted {
        /// The license.
        license: Named<LicenseId>,
    },
    /// An instance got the license that it waited for, and that another had.
    "license-handed-over" LicenseHandedOver {
        /// The license.
        license: Named<LicenseId>,
        /// The instance that had it.
        from: Named<InstanceId>,
        /// The instance that has it now.
        to: Named<InstanceId>,
    },
    /// An instance gave its license back.
    "license-returned" LicenseReturned {
        /// The license.
        license: Named<LicenseId>,
    },
    /// An instance where no one plays is stopped, as another waits for its license.
    "license-hand-over-begun" LicenseHandOverBegun {
        /// The instance that waits.
        to: Named<InstanceId>,
    },
    /// A user took the license of one instance for another.
    "license-taken" LicenseTaken {
        /// The instance that has it.
        from: Named<InstanceId>,
        /// The instance that waits for it.
        to: Named<InstanceId>,
    },
    /// A license key was added.
    "license-added" LicenseAdded {
        /// The license.
        license: Named<LicenseId>,
    },
    /// A license has another name.
    "license-renamed" LicenseRenamed {
        /// The license, under its new name.
        license: Named<LicenseId>,
        /// Its former name.
        from: String,
    },
    /// The license agreement was accepted for a license.
    "agreement-accepted" AgreementAccepted {
        /// The license.
        license: Named<LicenseId>,
    },
    /// A license was removed.
    "license-removed" LicenseRemoved {
        /// The license.
        license: Named<LicenseId>,
    },
    /// A release was added.
    "release-added" ReleaseAdded {
        /// The release.
        release: ReleaseId,
        /// Its version.
        version: Version,
    },
    /// A release was removed.
    "release-removed" ReleaseRemoved {
        /// The release.
        release: ReleaseId,
        /// Its version.
        version: Version,
    },
    /// A user was added.
    "user-added" UserAdded {
        /// The user.
        user: Named<UserId>,
        /// The user's role.
        role: Role,
    },
    /// A user was removed.
    "user-removed" UserRemoved {
        /// The user.
        user: Named<UserId>,
    },
    /// A user can't sign in any more, and was signed out everywhere.
    "user-disabled" UserDisabled {
        /// The user.
        user: Named<UserId>,
    },
    /// A user can sign in again.
    "user-enabled" UserEnabled {
        /// The user.
        user: Named<UserId>,
    },
    /// The e-mail address or the locale of a user was changed.
    "user-changed" UserChanged {
        /// The user.
        user: Named<UserId>,
    },
    /// A user can sign in with an account of another service.
    "identity-linked" IdentityLinked {
        /// The user.
        user: Named<UserId>,
        /// The account, as `discord:ID`.
        identity: String,
    },
    /// A user can't sign in with an account of another service, or a password, any more.
    "identity-unlinked" IdentityUnlinked {
        /// The user.
        user: Named<UserId>,
        /// The account, as `discord:ID`.
        identity: String,
    },
    /// A group was made.
    "group-created" GroupCreated {
        /// The group.
        group: Named<GroupId>,
    },
    /// A group has another name.
    "group-renamed" GroupRenamed {
        /// The group, under its new name.
        group: Named<GroupId>,
        /// Its former name.
        from: String,
    },
    /// A group was deleted, and all rights that were granted to it.
    "group-deleted" GroupDeleted {
        /// The group.
        group: Named<GroupId>,
    },
    /// A user is a member of a group.
    "member-added" MemberAdded {
        /// The group.
        group: Named<GroupId>,
        /// The user.
        user: Named<UserId>,
        /// Whether they administer the group.
        administers: bool,
    },
    /// A member administers a group, or does so no more.
    "member-changed" MemberChanged {
        /// The group.
        group: Named<GroupId>,
        /// The user.
        user: Named<UserId>,
        /// Whether they administer the group.
        administers: bool,
    },
    /// A user is no member of a group any more.
    "member-removed" MemberRemoved {
        /// The group.
        group: Named<GroupId>,
        /// The user.
        user: Named<UserId>,
    },
    /// A user has another role.
    "role-changed" RoleChanged {
        /// The user.
        user: Named<UserId>,
        /// The former role.
        from: Role,
        /// The new role.
        to: Role,
    },
    /// A user has a new password, and was signed out everywhere.
    "password-changed" PasswordChanged {
        /// The user.
        user: Named<UserId>,
    },
    /// A user was signed out everywhere.
    "signed-out-everywhere" SignedOutEverywhere {
        /// The user.
        user: Named<UserId>,
    },
    /// A sign-in link was made.
    "sign-in-link-created" SignInLinkCreated {
        /// Whom it signs in.
        user: Named<UserId>,
    },
    /// A token for programs was created.
    "token-created" TokenCreated {
        /// The user whose rights it has.
        user: Named<UserId>,
        /// What it is called.
        token: String,
        /// What it is limited to.
        scopes: Vec<String>,
    },
    /// A token for programs was revoked.
    "token-revoked" TokenRevoked {
        /// The user whose rights it had.
        user: Named<UserId>,
        /// What it was called.
        token: String,
    },
    /// A user signed in.
    "signed-in" SignedIn {
        /// How.
        method: SignInMethod,
    },
    /// A sign-in failed.
    "sign-in-failed" SignInFailed {
        /// The name that was entered.
        name: String,
        /// Why.
        reason: SignInFailure,
    },
    /// A user signed out.
    "signed-out" SignedOut,
    /// The sweep found something that no instance explains.
    "orphan-found" OrphanFound {
        /// What was found.
        orphan: FoundOrphan,
    },
    /// A record that could not be read was removed.
    "damaged-record-removed" DamagedRecordRemoved {
        /// The kind of the record.
        record: String,
        /// Its id, and the name it claimed.
        removed: Named<String>,
    },
}

impl EventKind {
    /// Other instances that this is about, beside the one it happened to.
    #[expect(clippy::wildcard_enum_match_arm, reason = "few kinds are about several instances")]
    pub(crate) fn other_instances(&self) -> impl Iterator<Item = &InstanceId> {
        let pair = match self {
            Self::LicenseHandedOver { from, to, .. } | Self::LicenseTaken { from, to } => {
                [Some(&from.id), Some(&to.id)]
            }
            Self::LicenseHandOverBegun { to } => [Some(&to.id), None],
            _ => [None, None],
        };
        pair.into_iter().flatten()
    }
}

/// Whom a right is granted to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GrantedRight {
    /// The right.
    pub right: Right,
    /// Whom it is granted to by that name, as `group:NAME`.
    pub to: Vec<String>,
}

/// How a user signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum SignInMethod {
    /// With a name and a password.
    Password,
    /// By a link.
    Link,
}

/// Why a sign-in failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum SignInFailure {
    /// The name or the password is wrong.
    Credentials,
    /// A user who is signed in entered a wrong current password.
    CurrentPassword,
    /// The link was revoked.
    LinkRevoked,
    /// The user is disabled.
    Disabled,
}

/// A resource that no instance explains.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "what", rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum FoundOrphan {
    /// A public name that leads to an instance that is off.
    PublicName {
        /// The name.
        name: Hostname,
        /// The instance.
        instance: InstanceId,
    },
    /// A running program. It may use any license.
    Program {
        /// Its launch.
        launch: LaunchId,
    },
    /// A license that an instance has and does not use.
    LicenseLease {
        /// The license.
        license: LicenseId,
        /// The instance.
        instance: InstanceId,
    },
    /// Something that a deleted instance left with the provider.
    Resource {
        /// What it is, in the provider's words.
        description: String,
        /// The instance.
        instance: InstanceId,
        /// What it costs a month, in thousandths of a US dollar.
        monthly_mills: Option<u32>,
    },
    /// Data of an instance that does not exist. It is kept.
    Volume {
        /// The instance.
        instance: InstanceId,
    },
    /// Uploads of an instance that does not exist. They are kept.
    Uploads {
        /// The instance.
        instance: InstanceId,
    },
}

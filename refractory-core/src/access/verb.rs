//! What can be done, and what it takes.
use crate::model::{Right, Role};

/// What a principal wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// See that there is an instance: its title, its address, its state.
    SeeInstance,
    /// Join the world of an instance.
    JoinInstance,
    /// See what an instance is like, what it is doing and why it fails.
    InspectInstance,
    /// Start an instance.
    StartInstance,
    /// Stop an instance.
    StopInstance,
    /// Enter Foundry's setup of an instance.
    SetUpInstance,
    /// Read what its program prints, and its entries in the audit log.
    ReadLogs,
    /// Change what an instance is like.
    ChangeInstance,
    /// Say who has which right on an instance.
    GrantRights,
    /// Replace the key that its program reaches its uploads with.
    RotateKey,
    /// Destroy an instance with its data.
    DeleteInstance,
    /// Give an instance to another owner.
    TransferInstance,
    /// Say that a machine is gone for good.
    AssumeLost,
    /// Make an instance of one's own.
    CreateInstance,
    /// See which licenses there are, masked.
    SeeLicenses,
    /// Add, rename, remove licenses; accept agreements.
    ManageLicenses,
    /// See which releases are stored.
    SeeReleases,
    /// Add and remove releases.
    ManageReleases,
    /// See and change accounts.
    ManagePeople,
    /// See all groups; make, rename and delete groups.
    ManageGroups,
    /// See and change the members of a group.
    ManageMembers,
    /// Read the audit trail of the deployment.
    ReadEvents,
    /// See how the deployment itself does.
    SeeDeployment,
}

/// What a verb takes. Administrators may do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Requirement {
    /// This right on the instance in question.
    Right(Right),
    /// At least this role in the deployment.
    Role(Role),
    /// To be an administrator of the group in question.
    GroupAdministrator,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 23] = [
        Self::SeeInstance,
        Self::JoinInstance,
        Self::InspectInstance,
        Self::StartInstance,
        Self::StopInstance,
        Self::SetUpInstance,
        Self::ReadLogs,
        Self::ChangeInstance,
        Self::GrantRights,
        Self::RotateKey,
        Self::DeleteInstance,
        Self::TransferInstance,
        Self::AssumeLost,
        Self::CreateInstance,
        Self::SeeLicenses,
        Self::ManageLicenses,
        Self::SeeReleases,
        Self::ManageReleases,
        Self::ManagePeople,
        Self::ManageGroups,
        Self::ManageMembers,
        Self::ReadEvents,
        Self::SeeDeployment,
    ];

    /// What it takes.
    pub fn requirement(self) -> Requirement {
        match self {
            Self::SeeInstance => Requirement::Right(Right::View),
            Self::JoinInstance => Requirement::Right(Right::Play),
            Self::InspectInstance
            | Self::StartInstance
            | Self::StopInstance
            | Self::SetUpInstance
            | Self::ReadLogs => Requirement::Right(Right::GameMaster),
            Self::ChangeInstance | Self::GrantRights | Self::RotateKey | Self::DeleteInstance => {
                Requirement::Right(Right::Manage)
            }
            Self::CreateInstance | Self::SeeLicenses | Self::SeeReleases => {
                Requirement::Role(Role::GameMaster)
            }
            Self::ManageMembers => Requirement::GroupAdministrator,
            Self::TransferInstance
            | Self::AssumeLost
            | Self::ManageLicenses
            | Self::ManageReleases
            | Self::ManagePeople
            | Self::ManageGroups
            | Self::ReadEvents
            | Self::SeeDeployment => Requirement::Role(Role::Admin),
        }
    }

    /// What it does, as in "game masters can't ...", or "only ... can ...".
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::SeeInstance => "see it",
            Self::JoinInstance => "join it",
            Self::InspectInstance => "see its details",
            Self::StartInstance => "start it",
            Self::StopInstance => "stop it",
            Self::SetUpInstance => "set it up",
            Self::ReadLogs => "read its log",
            Self::ChangeInstance => "change it",
            Self::GrantRights => "change who has access to it",
            Self::RotateKey => "replace its uploads key",
            Self::DeleteInstance => "delete it",
            Self::TransferInstance => "change the owner of a table",
            Self::AssumeLost => "declare a machine lost",
            Self::CreateInstance => "create tables",
            Self::SeeLicenses => "see licenses",
            Self::ManageLicenses => "manage licenses",
            Self::SeeReleases => "see releases",
            Self::ManageReleases => "manage releases",
            Self::ManagePeople => "manage people",
            Self::ManageGroups => "manage groups",
            Self::ManageMembers => "manage its members",
            Self::ReadEvents => "read the audit log",
            Self::SeeDeployment => "see the system status",
        }
    }
}

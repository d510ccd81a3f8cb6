//! What a token is limited to, when it asks.
use super::Verb;
use crate::model::{Principal, Scope};
use crate::{Code, Error, ErrorKind, Result};

impl Verb {
    /// The scope that a token needs for it.
    pub fn scope(self) -> Scope {
        match self {
            Self::SeeInstance
            | Self::InspectInstance
            | Self::ReadLogs
            | Self::SeeLicenses
            | Self::SeeReleases
            | Self::ReadEvents
            | Self::SeeDeployment => Scope::Read,
            Self::JoinInstance | Self::StartInstance | Self::StopInstance => Scope::Play,
            Self::CreateInstance
            | Self::ChangeInstance
            | Self::SetUpInstance
            | Self::DeleteInstance
            | Self::GrantRights
            | Self::RotateKey => Scope::Manage,
            Self::TransferInstance
            | Self::AssumeLost
            | Self::ManageLicenses
            | Self::ManageReleases
            | Self::ManagePeople
            | Self::ManageGroups
            | Self::ManageMembers => Scope::Admin,
        }
    }
}

/// Whether `who` shows no token, or one that has `scope`.
pub(crate) fn has_scope(who: &Principal, scope: Scope) -> bool {
    who.scopes.as_ref().is_none_or(|scopes| scopes.include(scope))
}

/// Refuses a token that lacks `scope`.
pub(crate) fn check_scope(who: &Principal, scope: Scope) -> Result<()> {
    if has_scope(who, scope) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, "checking the scopes of a token")
        .coded(Code::INSUFFICIENT_SCOPE)
        .about("scope", scope))
}

//! Who may do what: one pure table.
use crate::model::{Principal, Role};
use crate::{Error, ErrorKind, Result, UserId};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// See an instance and how it does.
    SeeInstance,
    /// Make an instance of one's own.
    CreateInstance,
    /// Start an instance.
    StartInstance,
    /// Stop an instance.
    StopInstance,
    /// Change what an instance is like.
    ChangeInstance,
    /// Destroy an instance with its data.
    DeleteInstance,
    /// Say that a machine is gone for good.
    AssumeLost,
    /// Replace the key that its program reaches its uploads with.
    RotateKey,
    /// Read what its program prints.
    ReadLogs,
    /// See which licences there are, masked, and who holds them.
    SeeLicenses,
    /// Add, rename, remove licences; accept agreements.
    ManageLicenses,
    /// See which releases are stored.
    SeeReleases,
    /// Add and remove releases.
    ManageReleases,
    /// See and change accounts.
    ManagePeople,
    /// Read the audit trail of the deployment.
    ReadEvents,
    /// See how the deployment itself does.
    SeeDeployment,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 16] = [
        Self::SeeInstance,
        Self::CreateInstance,
        Self::StartInstance,
        Self::StopInstance,
        Self::ChangeInstance,
        Self::DeleteInstance,
        Self::AssumeLost,
        Self::RotateKey,
        Self::ReadLogs,
        Self::SeeLicenses,
        Self::ManageLicenses,
        Self::SeeReleases,
        Self::ManageReleases,
        Self::ManagePeople,
        Self::ReadEvents,
        Self::SeeDeployment,
    ];
}

/// How somebody stands to the instance in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// It is theirs.
    Owner,
    /// It is somebody else's, or there is none in question.
    Stranger,
}

impl Relation {
    /// How `who` stands to something owned by `owner`.
    pub fn of(who: &Principal, owner: Option<&UserId>) -> Self {
        if owner.is_some() && who.user.as_ref() == owner { Self::Owner } else { Self::Stranger }
    }
}

/// Whether somebody with `role`, standing like this, may do that.
pub fn allows(role: Role, verb: Verb, relation: Relation) -> bool {
    match (role, verb, relation) {
        (Role::Admin, _, _)
        | (_, Verb::SeeInstance, _)
        | (Role::GameMaster, Verb::CreateInstance | Verb::SeeReleases | Verb::SeeLicenses, _)
        | (
            Role::GameMaster,
            Verb::StartInstance
            | Verb::StopInstance
            | Verb::ChangeInstance
            | Verb::DeleteInstance
            | Verb::RotateKey
            | Verb::ReadLogs,
            Relation::Owner,
        ) => true,
        (Role::GameMaster | Role::Player, _, _) => false,
    }
}

/// Refuses what `who` may not do.
pub(crate) fn check(who: &Principal, verb: Verb, relation: Relation) -> Result<()> {
    if allows(who.role, verb, relation) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, "checking rights")
        .about("verb", format!("{verb:?}"))
        .advise(format!(
            "You are signed in as a {}, who may not do that. Ask an administrator.",
            who.role
        )))
}

#[cfg(test)]
mod tests;

//! Who may do what: one pure table.
use crate::model::{Principal, Role};
use crate::{Error, ErrorKind, Result, UserId};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// See that there is an instance: its title, its address, its state.
    SeeInstance,
    /// See what an instance is like, what it is doing and why it fails.
    InspectInstance,
    /// Make an instance of one's own.
    CreateInstance,
    /// Start an instance.
    StartInstance,
    /// Stop an instance.
    StopInstance,
    /// Change what an instance is like.
    ChangeInstance,
    /// Give an instance to another owner.
    TransferInstance,
    /// Enter Foundry's setup of an instance.
    SetUpInstance,
    /// Destroy an instance with its data.
    DeleteInstance,
    /// Say that a machine is gone for good.
    AssumeLost,
    /// Replace the key that its program reaches its uploads with.
    RotateKey,
    /// Read what its program prints.
    ReadLogs,
    /// See which licenses there are, masked, and who holds them.
    SeeLicenses,
    /// Add, rename, remove licenses; accept agreements.
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
    pub const ALL: [Self; 19] = [
        Self::SeeInstance,
        Self::InspectInstance,
        Self::CreateInstance,
        Self::StartInstance,
        Self::StopInstance,
        Self::ChangeInstance,
        Self::TransferInstance,
        Self::SetUpInstance,
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

impl Verb {
    /// What it does, as in "game masters can't ...".
    fn in_general(self) -> &'static str {
        match self {
            Self::SeeInstance => "see tables",
            Self::CreateInstance => "create tables",
            Self::StartInstance => "start tables",
            Self::StopInstance => "stop tables",
            Self::ChangeInstance => "change tables",
            Self::SetUpInstance => "set up tables",
            Self::DeleteInstance => "delete tables",
            Self::AssumeLost => "declare a machine lost",
            Self::RotateKey => "replace uploads keys",
            Self::ReadLogs => "read logs",
            Self::SeeLicenses => "see licenses",
            Self::ManageLicenses => "manage licenses",
            Self::SeeReleases => "see releases",
            Self::ManageReleases => "manage releases",
            Self::ManagePeople => "manage people",
            Self::ReadEvents => "read the audit log",
            Self::SeeDeployment => "see the system status",
            Self::InspectInstance => "see the details of tables they do not own",
            Self::TransferInstance => "change the owner of a table",
        }
    }

    /// The same for one table, as in "only the owner can ...".
    fn on_one_table(self) -> &'static str {
        match self {
            Self::StartInstance => "start it",
            Self::StopInstance => "stop it",
            Self::ChangeInstance => "change it",
            Self::SetUpInstance => "set it up",
            Self::DeleteInstance => "delete it",
            Self::RotateKey => "replace its uploads key",
            Self::ReadLogs => "read its log",
            Self::SeeInstance
            | Self::InspectInstance
            | Self::CreateInstance
            | Self::TransferInstance
            | Self::AssumeLost
            | Self::SeeLicenses
            | Self::ManageLicenses
            | Self::SeeReleases
            | Self::ManageReleases
            | Self::ManagePeople
            | Self::ReadEvents
            | Self::SeeDeployment => self.in_general(),
        }
    }
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
            Verb::InspectInstance
            | Verb::StartInstance
            | Verb::StopInstance
            | Verb::ChangeInstance
            | Verb::SetUpInstance
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
        .advise(refusal(who.role, verb)))
}

/// The sentence for a user whose role does not allow `verb`.
fn refusal(role: Role, verb: Verb) -> String {
    if role != Role::Player && allows(role, verb, Relation::Owner) {
        return format!("Only the table's owner and administrators can {}.", verb.on_one_table());
    }
    let who = match role {
        Role::Player => "Players",
        Role::GameMaster => "Game masters",
        Role::Admin => "Administrators",
    };
    format!("{who} can't {}. Ask an administrator.", verb.in_general())
}

#[cfg(test)]
mod tests;

//! What kinds of records there are.
/// What kinds of rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Instances.
    Instance,
    /// Licenses.
    License,
    /// Releases.
    Release,
    /// Users.
    User,
    /// Groups of users.
    Group,
    /// Who is in which group.
    Membership,
    /// Tokens: sessions and links.
    Token,
    /// Events.
    Event,
    /// Workers' signs of life.
    Worker,
    /// Sealed secrets.
    Secret,
    /// The guard of the last administrator.
    AdminGuard,
    /// The administrator's passwords of deleted instances.
    RetainedAdminKey,
    /// The mark of the store's deployment.
    Deployment,
    /// Operations.
    Operation,
    /// Backups.
    Backup,
    /// What front ends remember.
    FrontEndRecord,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Instance,
        Self::License,
        Self::Release,
        Self::User,
        Self::Group,
        Self::Membership,
        Self::Token,
        Self::Event,
        Self::Worker,
        Self::Secret,
        Self::AdminGuard,
        Self::RetainedAdminKey,
        Self::Deployment,
        Self::Operation,
        Self::Backup,
        Self::FrontEndRecord,
    ];

    /// The word for it, as stores write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::License => "license",
            Self::Release => "release",
            Self::User => "user",
            Self::Group => "group",
            Self::Membership => "membership",
            Self::Token => "token",
            Self::Event => "event",
            Self::Worker => "worker",
            Self::Secret => "secret",
            Self::AdminGuard => "admin-guard",
            Self::RetainedAdminKey => "retained-admin-key",
            Self::Deployment => "deployment",
            Self::Operation => "operation",
            Self::Backup => "backup",
            Self::FrontEndRecord => "front-end-record",
        }
    }

    /// Whether [`Store::changes`](super::Store::changes) tells of deletions. What is only ever read by its id or by an index is
    /// missed by no one.
    pub fn tells_deletions(self) -> bool {
        match self {
            Self::Instance | Self::License | Self::Release | Self::User | Self::FrontEndRecord => {
                true
            }
            Self::Group
            | Self::Membership
            | Self::Token
            | Self::Event
            | Self::Worker
            | Self::Secret
            | Self::AdminGuard
            | Self::RetainedAdminKey
            | Self::Deployment
            | Self::Operation
            | Self::Backup => false,
        }
    }
}

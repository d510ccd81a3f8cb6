//! Who is asking, with everything that decides what they may do.
use std::net::IpAddr;

use super::{Role, Scopes};
use crate::{GroupId, UserId};

/// Where a principal came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Via {
    /// The portal or its JSON API.
    Web,
    /// The Discord bot.
    Discord,
    /// A prompt on the machine itself.
    Cli,
    /// The deployment itself: a schedule, a hand-over.
    System,
}

/// A group that a principal is a member of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct GroupMember {
    /// The group.
    pub id: GroupId,
    /// Whether they manage its members.
    pub is_administrator: bool,
}

impl GroupMember {
    #[cfg(feature = "accounts")]
    pub(crate) fn new(membership: &super::Membership) -> Self {
        Self { id: membership.group.clone(), is_administrator: membership.is_administrator }
    }
}

/// Who is asking. An argument of every method of the service.
///
/// The handle makes it from a credential: [`session`](crate::Refractory::session) from that of a signed-in user,
/// [`operator`](crate::Refractory::operator) for the prompt. Role and groups are those of that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whose account; none for the deployment itself and for the prompt.
    pub(crate) user: Option<UserId>,
    /// What they are called.
    pub(crate) name: String,
    /// What they may do in general.
    pub(crate) role: Role,
    /// Where they came from.
    pub(crate) via: Via,
    /// The network address they came from, where there is one to name.
    pub(crate) address: Option<IpAddr>,
    /// Their groups.
    pub(crate) groups: Vec<GroupMember>,
    /// What the token that they show is limited to; none for those who signed in.
    pub(crate) scopes: Option<Scopes>,
}

impl Principal {
    /// A user who has shown who they are, with the groups they are in.
    #[cfg(feature = "accounts")]
    pub(crate) fn signed_in(user: &super::User, groups: Vec<GroupMember>, via: Via) -> Self {
        Self {
            user: Some(user.id.clone()),
            name: user.name.to_string(),
            role: user.role,
            groups,
            ..Self::anonymous(via)
        }
    }

    /// The same, seen at the network address `address`.
    #[must_use]
    pub fn seen_at(mut self, address: Option<IpAddr>) -> Self {
        self.address = address;
        self
    }

    /// The operator, as [`Refractory::operator`](crate::Refractory::operator) has it: the program that holds the handle. Who may run programs on the
    /// machine holds the data in any case.
    pub fn operator() -> Self {
        let name = "operator".to_owned();
        Self { name, role: Role::Admin, ..Self::anonymous(Via::Cli) }
    }

    /// A caller who has not shown who they are.
    pub(crate) fn anonymous(via: Via) -> Self {
        let name = "unknown".to_owned();
        let groups = Vec::new();
        Self { user: None, name, role: Role::Player, via, address: None, groups, scopes: None }
    }

    /// The deployment itself.
    pub(crate) fn system() -> Self {
        let name = "refractory".to_owned();
        Self { name, role: Role::Admin, ..Self::anonymous(Via::System) }
    }

    /// Whose account; none for the deployment itself and for the prompt.
    pub fn user(&self) -> Option<&UserId> {
        self.user.as_ref()
    }

    /// What they are called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What they may do in the deployment.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Where they came from.
    pub fn via(&self) -> Via {
        self.via
    }

    /// The network address they came from, where there is one to name.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Their groups.
    pub fn groups(&self) -> &[GroupMember] {
        &self.groups
    }

    /// What the token that they show is limited to; none for those who signed in.
    pub fn scopes(&self) -> Option<&Scopes> {
        self.scopes.as_ref()
    }

    /// Whether they may do everything.
    pub fn is_administrator(&self) -> bool {
        self.role == Role::Admin
    }

    /// Whether they have shown who they are.
    pub fn is_signed_in(&self) -> bool {
        self.user.is_some() || self.is_administrator()
    }

    /// Whether they are `user`. No one is no user.
    pub fn is(&self, user: Option<&UserId>) -> bool {
        user.is_some() && self.user.as_ref() == user
    }

    /// Whether they are a member of `group`.
    pub fn is_member_of(&self, group: &GroupId) -> bool {
        self.groups.iter().any(|member| member.id == *group)
    }

    /// Whether they manage the members of `group`, by being its administrator.
    pub fn administers(&self, group: &GroupId) -> bool {
        self.groups.iter().any(|member| member.id == *group && member.is_administrator)
    }

    /// Whether they manage the members of any group, by being its administrator.
    pub fn administers_a_group(&self) -> bool {
        self.groups.iter().any(|member| member.is_administrator)
    }
}

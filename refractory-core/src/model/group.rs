//! Groups of users, and who is in them.
use super::Named;
use super::name::name_type;
use crate::{GroupId, Timestamp, UserId};

name_type! {
    /// What a group is called. Kept in lower case, unique; the rules are those of user names.
    GroupName, GroupNameError, "group name"
}

/// A group of users, to grant rights to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Group {
    /// Its name for ever. Never used again, so a grant of a deleted group opens nothing.
    pub id: GroupId,
    /// What it is called; may change.
    pub name: GroupName,
    /// How many members it has. Written together with each membership, so that none is added to a group that is being deleted.
    pub members: u32,
    /// When it was made.
    pub added: Timestamp,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl Group {
    /// The most members of one group.
    pub const MOST_MEMBERS: u32 = 10_000;

    /// Its id and its name.
    pub fn named(&self) -> Named<GroupId> {
        Named::new(self.id.clone(), self.name.as_str())
    }

    /// A group without members.
    pub fn new(name: GroupName, now: Timestamp) -> Self {
        Self { id: GroupId::fresh(), name, members: 0, added: now, revision: 0 }
    }
}

/// That a user is a member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Membership {
    /// [`Membership::id_of`] both, so that no user is in one group twice.
    pub id: String,
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
    /// Whether they manage the members of the group.
    pub is_administrator: bool,
    /// The front end that keeps it in step with something else, such as a role there; none where a person made it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub managed_by: Option<String>,
    /// Since when.
    pub added: Timestamp,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl Membership {
    /// The most groups of one user: each request reads them.
    pub const MOST_GROUPS: usize = 50;

    /// The id of the membership of `user` in `group`.
    pub fn id_of(group: &GroupId, user: &UserId) -> String {
        format!("{group}.{user}")
    }

    /// `user` in `group`, from `now` on.
    pub fn new(group: GroupId, user: UserId, is_administrator: bool, now: Timestamp) -> Self {
        let id = Self::id_of(&group, &user);
        Self { id, group, user, is_administrator, managed_by: None, added: now, revision: 0 }
    }
}

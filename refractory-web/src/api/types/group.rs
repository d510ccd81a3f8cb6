//! Groups, their members, and what is granted to them.
use refractory_core::model::{self, Edit};
use refractory_core::{Member as GroupMember, right_of_group};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A right on one instance. Each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// See it in lists.
    View,
    /// Join its world.
    Play,
    /// Run it.
    GameMaster,
    /// Change it.
    Manage,
}

impl From<model::Right> for Right {
    fn from(right: model::Right) -> Self {
        match right {
            model::Right::View => Self::View,
            model::Right::Play => Self::Play,
            model::Right::GameMaster => Self::GameMaster,
            model::Right::Manage => Self::Manage,
        }
    }
}

/// A group of users, to grant rights to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Group {
    /// Names the group for ever.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// How many members it has.
    pub members: u32,
    /// When it was created.
    #[schema(format = DateTime)]
    pub created: String,
    /// Counts writes; the number in its `ETag`.
    pub revision: u64,
}

impl From<&model::Group> for Group {
    fn from(group: &model::Group) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name.to_string(),
            members: group.members,
            created: group.added.to_string(),
            revision: group.revision,
        }
    }
}

/// A group to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct NewGroup {
    /// What it is to be called. Upper case is folded.
    #[schema(min_length = 1, max_length = 32, format = "group-name")]
    pub name: String,
}

/// A change to a group. What it leaves out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct GroupPatch {
    /// Another name. What is granted to the group stays.
    #[schema(value_type = String, min_length = 1, max_length = 32, format = "group-name")]
    #[serde(default)]
    pub name: Edit<String>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Member {
    /// The id of the user.
    pub id: String,
    /// The name of the user.
    pub name: String,
    /// Whether they manage the members of the group.
    pub administrator: bool,
    /// Since when they are a member.
    #[schema(format = DateTime)]
    pub since: String,
}

impl From<&GroupMember> for Member {
    fn from(member: &GroupMember) -> Self {
        Self {
            id: member.user.to_string(),
            name: member.name.to_string(),
            administrator: member.is_administrator,
            since: member.since.to_string(),
        }
    }
}

/// How a user is a member of a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Membership {
    /// Whether they manage the members of the group.
    #[serde(default)]
    pub administrator: bool,
}

/// An instance on which a group has a right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GroupInstance {
    /// The id of the instance.
    pub id: String,
    /// The label in its address.
    pub name: String,
    /// What people call it; its name where it has no title.
    pub title: String,
    /// The highest right that the group has on it. Null where it was taken away meanwhile.
    pub right: Option<Right>,
}

impl GroupInstance {
    /// `instance`, with the right that `group` has on it.
    pub fn of(instance: &model::Instance, group: &model::Group) -> Self {
        Self {
            id: instance.id.to_string(),
            name: instance.slug.to_string(),
            title: instance.title().to_owned(),
            right: right_of_group(instance, &group.id).map(Into::into),
        }
    }
}

//! Groups and grants as programs are shown them.
use refractory_core::model::{GranteeName, Group, Instance, Right};
use refractory_core::{Member, right_of_group};
use refractory_web::api::Access;
use serde::Serialize;

/// The words for each right, under the name of its flag.
pub(crate) fn access_in_words(access: &Access) -> [(&'static str, String); 4] {
    let words = |all: &Vec<String>| {
        if all.is_empty() { GranteeName::NO_ONE.to_owned() } else { all.join(" ") }
    };
    [
        ("view", words(&access.view)),
        ("play", words(&access.play)),
        ("gm", words(&access.game_master)),
        ("manage", words(&access.manage)),
    ]
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct GroupJson {
    id: String,
    name: String,
    members: u32,
    created: String,
    /// Where it is shown whole.
    #[serde(flatten)]
    details: Option<GroupDetails>,
}

/// Who is in a group, and what it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct GroupDetails {
    users: Vec<MemberJson>,
    instances: Vec<GrantedJson>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MemberJson {
    name: String,
    administrator: bool,
    since: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct GrantedJson {
    name: String,
    /// The highest right.
    right: Option<&'static str>,
}

impl From<&Group> for GroupJson {
    fn from(group: &Group) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name.to_string(),
            members: group.members,
            created: group.added.to_string(),
            details: None,
        }
    }
}

impl GroupJson {
    /// `group`, with its members and the tables on which it has a right.
    pub(crate) fn whole(group: &Group, members: &[Member], tables: &[Instance]) -> Self {
        let member = |member: &Member| MemberJson {
            name: member.name.to_string(),
            administrator: member.is_administrator,
            since: member.since.to_string(),
        };
        let granted = |table: &Instance| GrantedJson {
            name: table.slug.to_string(),
            right: right_of_group(table, &group.id).map(Right::name),
        };
        let details = GroupDetails {
            users: members.iter().map(member).collect(),
            instances: tables.iter().map(granted).collect(),
        };
        Self { details: Some(details), ..Self::from(group) }
    }
}

//! Groups and grants as programs are shown them.
use refractory_core::Member;
use refractory_core::model::{GranteeName, Group, Instance};
use refractory_web::api::{self, Access};
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

/// A group that is shown whole: who is in it, and what is granted to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct GroupDetails {
    #[serde(flatten)]
    group: api::Group,
    users: Vec<api::Member>,
    instances: Vec<api::GroupInstance>,
}

impl GroupDetails {
    /// `group`, with its members and the tables on which it has a right.
    pub(crate) fn of(group: &Group, members: &[Member], tables: &[Instance]) -> Self {
        Self {
            group: api::Group::from(group),
            users: members.iter().map(api::Member::from).collect(),
            instances: tables.iter().map(|table| api::GroupInstance::of(table, group)).collect(),
        }
    }
}

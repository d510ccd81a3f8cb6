//! One thing that a deploy would change, in our own words.
use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::{ChangeAction, Replacement, ResourceChange};

use super::data::DataResource;

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is there already and comes under the stack's care.
    Adopt,
    /// It is made.
    Add,
    /// It is changed where it stands.
    Modify,
    /// Another takes its place, perhaps: that shows only when it is done.
    MayReplace,
    /// Another takes its place.
    Replace,
    /// It goes.
    Remove,
}

impl Action {
    /// The word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Adopt => "adopt",
            Self::Add => "add",
            Self::Modify => "modify",
            Self::MayReplace => "may replace",
            Self::Replace => "REPLACE",
            Self::Remove => "remove",
        }
    }
}

/// One thing that a deploy would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happens to it.
    pub action: Action,
    /// Its name in the template.
    pub name: String,
    /// What it is, as `AWS::EFS::FileSystem`.
    pub kind: String,
    /// What it is called in AWS, where it is there.
    pub resource_id: Option<String>,
    /// The properties that change, where it is there.
    pub properties: Vec<String>,
    /// Whether it holds data.
    pub is_data: bool,
}

impl Change {
    /// Whether the deployment would stand without data that it has now. The data itself is kept aside.
    pub fn loses_data(&self) -> bool {
        let parts = matches!(self.action, Action::Replace | Action::MayReplace | Action::Remove);
        self.is_data && parts
    }

    pub(super) fn read(told: ResourceChange) -> Option<Self> {
        let name = told.logical_resource_id?;
        let details = told.details.unwrap_or_default();
        let what = details.iter().filter_map(|detail| {
            let target = detail.target()?;
            Some(target.name().or_else(|| Some(target.attribute()?.as_str()))?.to_owned())
        });
        Some(Self {
            action: action(told.action.as_ref(), told.replacement.as_ref()),
            is_data: DataResource::named(&name).is_some(),
            name,
            kind: told.resource_type.unwrap_or_default(),
            resource_id: told.physical_resource_id.filter(|id| !id.is_empty()),
            properties: what.collect::<BTreeSet<_>>().into_iter().collect(),
        })
    }
}

fn action(told: Option<&ChangeAction>, replacement: Option<&Replacement>) -> Action {
    let told = told.map(ChangeAction::as_str).unwrap_or_default();
    let replacement = replacement.map(Replacement::as_str).unwrap_or_default();
    match (told, replacement) {
        ("Import", _) => Action::Adopt,
        ("Add", _) => Action::Add,
        ("Remove", _) => Action::Remove,
        ("Modify", "True") => Action::Replace,
        ("Modify", "False") | ("SyncWithActual", _) => Action::Modify,
        // `Dynamic`, `Conditional`, and whatever may be added.
        _ => Action::MayReplace,
    }
}

#[cfg(test)]
mod tests;

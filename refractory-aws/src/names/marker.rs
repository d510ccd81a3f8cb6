//! Whose a record is: a text beside it, at `_refractory.` and the name.
use refractory_core::InstanceId;
use refractory_core::model::{Hostname, Slug};

use crate::Naming;

/// What the name of the text begins with. Beside an alias it could have the same name, beside a CNAME it could not.
const LABEL: &str = "_refractory.";

/// The name of the text that says whose `name` is.
pub(super) fn marker_name(name: &Hostname) -> String {
    format!("{LABEL}{name}")
}

/// What it says, in the quotes that Route 53 wants.
pub(super) fn marker_text(naming: &Naming, owner: &InstanceId) -> String {
    format!("\"refractory owner={}/{owner}\"", naming.deployment())
}

/// The name that the text at `at` is about.
pub(super) fn marked_name(at: &str) -> Option<Hostname> {
    hostname(at.trim_end_matches('.').strip_prefix(LABEL)?)
}

/// A name of a table, from a text that may be one.
pub(super) fn hostname(text: &str) -> Option<Hostname> {
    let (label, domain) = text.split_once('.')?;
    Some(Hostname::under(&Slug::new(label).ok()?, domain))
}

/// Whose the name is that is marked with `text`; none where it is not a table's of this deployment.
pub(super) fn marked_owner(naming: &Naming, text: &str) -> Option<InstanceId> {
    let owner = text.trim_matches('"').strip_prefix("refractory owner=")?;
    let (deployment, id) = owner.split_once('/')?;
    (deployment == naming.deployment()).then(|| InstanceId::new(id).ok()).flatten()
}

#[cfg(test)]
mod tests;

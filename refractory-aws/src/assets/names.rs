//! Names and tags of what belongs to uploads.
use refractory_core::InstanceId;
use refractory_core::model::Slug;

use crate::Naming;
use crate::naming::label;

/// The tag of a user that names its bucket.
pub(super) const TAG_BUCKET: &str = "refractory:bucket";
/// The tag of a user that names the key which AWS was seen to accept.
pub(super) const TAG_ACCESS_KEY: &str = "refractory:access-key";
/// The tag of a user that names the key which goes once no launch uses it any more.
pub(super) const TAG_RETIRING: &str = "refractory:retiring";
/// The tag of a user that says, in milliseconds, keys older than what were asked to be replaced last.
pub(super) const TAG_ROTATED: &str = "refractory:rotated";
/// The tag of a bucket that says which settings it was given last.
pub(super) const TAG_SETTINGS: &str = "refractory:settings";

/// What stands between the deployment and the instance in the name of a user.
const INFIX: &str = "-assets-";

impl Naming {
    /// The bucket for the uploads of a table whose owner is called `owner`: at most 63 letters, digits and hyphens.
    pub fn assets_bucket(&self, owner: &str, of: &InstanceId) -> String {
        let owner: String = Slug::suggest(owner).chars().take(30).collect();
        format!("foundry-{}-{}", owner.trim_end_matches('-'), label(of))
    }
}

/// Whose user this is, as far as its name tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Nobody's of this deployment.
    Nobodys,
    /// This instance's.
    Of(InstanceId),
    /// Perhaps one of this deployment: only its tags can tell.
    Unclear,
}

/// Whose user `name` is, in `naming`.
pub(super) fn told(naming: &Naming, name: &str) -> Told {
    let Some(label) = name.strip_prefix(&format!("{}{INFIX}", naming.deployment())) else {
        return Told::Nobodys;
    };
    // A digest does not say whose it is, and a name with two seams may have been sewn at either.
    if label.starts_with("x-") || seams(name) != 1 {
        return Told::Unclear;
    }
    InstanceId::new(label).map_or(Told::Nobodys, Told::Of)
}

/// How often the infix occurs, counting occurrences that share a hyphen.
fn seams(name: &str) -> usize {
    (0..name.len()).filter(|&at| name.is_char_boundary(at) && name[at..].starts_with(INFIX)).count()
}

#[cfg(test)]
mod tests;

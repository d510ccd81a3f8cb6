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

/// The owner of an IAM user, as far as its name shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum UserOwner {
    /// Not of this deployment.
    Foreign,
    /// This instance's.
    Instance(InstanceId),
    /// Perhaps of this deployment: only its tags show it.
    Ambiguous,
}

/// Whose user `name` is, in `naming`.
pub(super) fn owner_of_user(naming: &Naming, name: &str) -> UserOwner {
    let Some(label) = name.strip_prefix(&format!("{}{INFIX}", naming.deployment())) else {
        return UserOwner::Foreign;
    };
    // A digest does not say whose it is, and a name with two seams may have been sewn at either.
    if label.starts_with("x-") || count_infixes(name) != 1 {
        return UserOwner::Ambiguous;
    }
    InstanceId::new(label).map_or(UserOwner::Foreign, UserOwner::Instance)
}

/// How often the infix occurs, counting occurrences that share a hyphen.
fn count_infixes(name: &str) -> usize {
    (0..name.len()).filter(|&at| name.is_char_boundary(at) && name[at..].starts_with(INFIX)).count()
}

#[cfg(test)]
mod tests;

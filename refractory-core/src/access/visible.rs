//! Which parts of the store's indexes hold the instances that a principal sees.
use crate::model::{Grantee, Principal};
use crate::ports::Index;

/// One partition of an index, in the order of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) index: Index,
    pub(crate) name: String,
}

/// The partitions that together hold every instance that `who` sees in lists. One instance may be in several.
pub(crate) fn partitions(who: &Principal) -> Vec<Partition> {
    if who.is_administrator() {
        return vec![Partition { index: Index::InstanceByName, name: String::new() }];
    }
    if !who.is_signed_in() {
        return Vec::new();
    }
    let viewer = |name: String| Partition { index: Index::InstanceByViewer, name };
    let mut all = vec![viewer(Grantee::SIGNED_IN.to_owned())];
    if let Some(user) = &who.user {
        all.push(Partition { index: Index::InstanceByOwner, name: user.to_string() });
        all.push(viewer(Grantee::User(user.clone()).partition()));
    }
    let groups = who.groups.iter().map(|group| Grantee::Group(group.id.clone()));
    all.extend(groups.map(|group| viewer(group.partition())));
    all
}

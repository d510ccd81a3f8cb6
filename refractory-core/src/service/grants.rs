//! Grants: who has which right on an instance, by the names that people know.
use std::collections::BTreeSet;

use super::Refractory;
use crate::access::{Verb, check};
use crate::model::{
    GrantedRight, Grantee, GranteeName, Grants, GrantsChange, Group, Instance, NamedGrants,
    Principal, Right, User,
};
use crate::ports::UniqueKey;
use crate::{Code, Error, ErrorKind, Result};

/// A change to grants, with ids.
#[derive(Debug, Default)]
pub(super) struct ResolvedGrants(Vec<(Right, BTreeSet<Grantee>)>);

impl ResolvedGrants {
    /// Makes the change.
    pub(super) fn apply(&self, grants: &mut Grants) -> Result<()> {
        let mut changed = grants.clone();
        for (right, to) in &self.0 {
            changed.of_mut(*right).clone_from(to);
        }
        *grants = changed.checked()?;
        Ok(())
    }
}

impl Refractory {
    /// Who has which right on `instance`, by name.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Forbidden` for those who may not see its details.
    pub async fn grants(&self, who: &Principal, instance: &Instance) -> Result<NamedGrants> {
        check(who, Verb::InspectInstance, instance, &instance.slug)?;
        let mut named = NamedGrants::default();
        for right in Right::ALL {
            for grantee in instance.grants.of(right) {
                let name = self.name_of(grantee).await?;
                named.of_mut(right).extend(name);
            }
        }
        Ok(named)
    }

    async fn name_of(&self, grantee: &Grantee) -> Result<Option<GranteeName>> {
        Ok(match grantee {
            Grantee::Anyone => Some(GranteeName::Anyone),
            Grantee::SignedIn => Some(GranteeName::SignedIn),
            Grantee::Group(id) => {
                let group = self.collection::<Group>().load_readable(id.as_str()).await?;
                group.map(|group| GranteeName::Group(group.name))
            }
            Grantee::User(id) => {
                let user = self.collection::<User>().load_readable(id.as_str()).await?;
                user.map(|user| GranteeName::User(user.name))
            }
        })
    }

    /// The groups and users that `change` names.
    ///
    /// # Errors
    ///
    /// `NotFound` for a name that no group or user has.
    pub(super) async fn resolve(&self, change: &GrantsChange) -> Result<ResolvedGrants> {
        let mut resolved = ResolvedGrants::default();
        for right in Right::ALL {
            let Some(names) = change.of(right) else { continue };
            if names.len() > Grants::MOST * 4 {
                return Err(Error::new(ErrorKind::Invalid, "granting rights")
                    .coded(Code::TOO_MANY_GRANTS)
                    .about("right", right)
                    .about("most", Grants::MOST));
            }
            let mut grantees = BTreeSet::new();
            for name in names {
                let found = self.grantee(name).await;
                grantees.insert(found.map_err(|error| error.about("right", right))?);
            }
            resolved.0.push((right, grantees));
        }
        Ok(resolved)
    }

    async fn grantee(&self, name: &GranteeName) -> Result<Grantee> {
        let missing = |code: Code, name: &str| {
            Error::new(ErrorKind::NotFound, "granting rights").coded(code).about("name", name)
        };
        match name {
            GranteeName::Anyone => Ok(Grantee::Anyone),
            GranteeName::SignedIn => Ok(Grantee::SignedIn),
            GranteeName::Group(name) => {
                let group = self.collection::<Group>().find(&UniqueKey::group(name)).await?;
                let group = group.ok_or_else(|| missing(Code::NO_GROUP, name.as_str()))?;
                Ok(Grantee::Group(group.id))
            }
            GranteeName::User(name) => {
                let user = self.collection::<User>().find(&UniqueKey::user(name)).await?;
                let user = user.ok_or_else(|| missing(Code::NO_USER, name.as_str()))?;
                Ok(Grantee::User(user.id))
            }
        }
    }
}

/// The rights that `change` grants otherwise, in names.
pub(super) fn in_words(change: &GrantsChange) -> Vec<GrantedRight> {
    let granted = |right: Right| {
        let to = change.of(right)?.iter().map(ToString::to_string).collect();
        Some(GrantedRight { right, to })
    };
    Right::ALL.into_iter().filter_map(granted).collect()
}

/// Whether someone who ran or managed an instance may do so no longer.
pub(super) fn loses_a_game_master(before: &Grants, after: &Grants) -> bool {
    let run = |grants: &Grants| {
        grants.game_master.union(&grants.manage).cloned().collect::<BTreeSet<_>>()
    };
    !run(before).is_subset(&run(after))
}

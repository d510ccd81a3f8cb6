//! What the owners of instances are called.
#[cfg(feature = "accounts")]
use std::collections::{BTreeMap, BTreeSet};

use super::Refractory;
#[cfg(feature = "accounts")]
use crate::InstanceId;
#[cfg(feature = "accounts")]
use crate::access::{Verb, can};
use crate::model::Change;
#[cfg(feature = "accounts")]
use crate::model::{Edit, Instance, Principal, User};
use crate::{Result, UserId};

/// What a former and a new owner are called.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnerNames {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

impl Refractory {
    /// The names of the present owner `from` and of the one that `change` names, where it names one.
    #[cfg(feature = "accounts")]
    pub(super) async fn owner_names(
        &self,
        from: Option<&UserId>,
        change: &Change,
    ) -> Result<OwnerNames> {
        let mut names = OwnerNames::default();
        if change.owner.keeps() {
            return Ok(names);
        }
        if let Some(from) = from {
            names.from = self.user_name(from).await?;
        }
        if let Edit::Set(to) = &change.owner {
            names.to = self.user_name(to).await?;
        }
        Ok(names)
    }

    /// What a user is called; `None` where there is no account any more.
    #[cfg(feature = "accounts")]
    async fn user_name(&self, id: &UserId) -> Result<Option<String>> {
        let user = self.collection::<User>().load_readable(id.as_str()).await?;
        Ok(user.map(|user| user.name.to_string()))
    }

    /// The same of several users, each read once; without those that have no account any more.
    #[cfg(feature = "accounts")]
    pub(super) async fn user_names(
        &self,
        ids: BTreeSet<&UserId>,
    ) -> Result<BTreeMap<UserId, String>> {
        let mut names = BTreeMap::new();
        for id in ids {
            names.extend(self.user_name(id).await?.map(|name| (id.clone(), name)));
        }
        Ok(names)
    }

    #[cfg(not(feature = "accounts"))]
    #[expect(clippy::unused_async, reason = "it asks the store where there are accounts")]
    pub(super) async fn owner_names(&self, _: Option<&UserId>, _: &Change) -> Result<OwnerNames> {
        Ok(OwnerNames::default())
    }

    /// What the owners of those of `instances` are called whose inside `who` may see.
    ///
    /// # Errors
    ///
    /// As the store has them.
    #[cfg(feature = "accounts")]
    pub async fn owners(
        &self,
        who: &Principal,
        instances: &[Instance],
    ) -> Result<BTreeMap<InstanceId, String>> {
        let inside = |row: &&Instance| can(who, Verb::InspectInstance, row);
        let owned = instances.iter().filter(inside);
        let owned: Vec<_> = owned.filter_map(|row| Some((&row.id, row.owner.as_ref()?))).collect();
        let names = self.user_names(owned.iter().map(|(_, owner)| *owner).collect()).await?;
        let mut all = BTreeMap::new();
        for (id, owner) in owned {
            all.extend(names.get(owner).map(|name| (id.clone(), name.clone())));
        }
        Ok(all)
    }
}

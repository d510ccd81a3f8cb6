//! Administrators' passwords that are kept for instances to come.
use super::Refractory;
use crate::access::{Verb, check_role, check_scope};
use crate::model::{Event, Instance, Principal, RetainedAdminKey, Slug};
use crate::ports::{Commit, Cursor, Index, Query, TypedPage, UniqueKey};
use crate::{Code, Error, ErrorKind, Result, UserId};

impl Refractory {
    /// Adds `instance` with the password of the former one of its name and owner, if that is kept. The record of what is kept goes
    /// with the same commit: it is given to one instance.
    pub(super) async fn insert_with_retained_key(
        &self,
        mut instance: Instance,
        entry: &Event,
    ) -> Result<Instance> {
        let key = UniqueKey::retained_admin_key(&instance.slug, instance.owner.as_ref());
        loop {
            let kept = self.collection::<RetainedAdminKey>().find(&key).await?;
            let usable = kept.filter(|kept| self.deployment.is_retained(kept));
            instance.admin_key = usable.as_ref().map(|kept| kept.secret.clone());
            let mut commit = Commit::insert(&instance).event(entry.clone());
            if let Some(kept) = &usable {
                commit = commit.and(Commit::delete(kept));
            }
            let inserted = self.collection().commit(&commit).await;
            match (inserted, usable) {
                (Err(error), Some(kept)) if error.is_lost_race() && self.is_gone(&kept).await? => {}
                (inserted, _) => return inserted,
            }
        }
    }

    async fn is_gone(&self, kept: &RetainedAdminKey) -> Result<bool> {
        let now = self.collection::<RetainedAdminKey>().load(kept.id.as_str()).await?;
        Ok(now.is_none_or(|now| now.revision != kept.revision))
    }

    /// One page of the administrators' passwords that are kept for instances to come, oldest first.
    ///
    /// # Errors
    ///
    /// `Forbidden`, and as the store has them.
    pub async fn retained_admin_keys(
        &self,
        who: &Principal,
        after: Option<Cursor>,
    ) -> Result<TypedPage<RetainedAdminKey>> {
        check_role(who, Verb::SeeDeployment)?;
        self.collection().page(&Query::index(Index::RetainedAdminKeyByTime).after(after)).await
    }

    /// Deletes the administrator's password that is kept for the name `slug` of `owner`. A new instance of that name gets a fresh one.
    ///
    /// # Errors
    ///
    /// `NotFound` when none is kept, or it is another's; `Unavailable`.
    pub async fn purge_admin_key(
        &self,
        who: &Principal,
        slug: &Slug,
        owner: Option<&UserId>,
    ) -> Result<()> {
        if !who.is(owner) && !who.is_administrator() {
            return Err(not_retained(slug));
        }
        check_scope(who, Verb::DeleteInstance.scope())?;
        let key = UniqueKey::retained_admin_key(slug, owner);
        let kept = self.collection::<RetainedAdminKey>().find(&key).await?;
        let kept = kept.ok_or_else(|| not_retained(slug))?;
        self.deployment.purge_admin_key(&kept).await
    }
}

fn not_retained(slug: &Slug) -> Error {
    Error::new(ErrorKind::NotFound, "deleting an administrator's password")
        .coded(Code::NO_ADMIN_KEY)
        .about("name", slug)
}

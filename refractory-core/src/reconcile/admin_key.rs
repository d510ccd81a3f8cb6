//! The administrator's password of an instance: made once, and kept for the next instance of its name and owner.
use super::act::bounded;
use crate::id::random_text;
use crate::model::{Instance, RetainedAdminKey};
use crate::ports::{Collection, Commit, Index, Observed, Query, UniqueKey};
use crate::service::Deployment;
use crate::{Code, Error, ErrorKind, InstanceId, Result, Secret, SecretName};

/// The name in the vault of the password that was made for `of`.
fn own_name(of: &InstanceId) -> Result<SecretName> {
    Ok(SecretName::new(&format!("admin-key.{of}"))?)
}

fn name_of(instance: &Instance) -> Result<SecretName> {
    instance.admin_key.clone().map_or_else(|| own_name(&instance.id), Ok)
}

impl Deployment {
    /// Returns the administrator's password, and makes one at the first call. Each launch asks for it, so that a launch never has
    /// another one than the vault.
    pub(super) async fn admin_key(&self, of: &Instance) -> Result<Secret> {
        let name = name_of(of)?;
        // Looked for first: a question that is answered late leaves no secret behind.
        let key = match self.read_admin_key(&name).await? {
            Some(key) => key,
            None => self.make_admin_key(&name).await?,
        };
        self.known.note_password(&of.id, Some(&key));
        Ok(key)
    }

    async fn make_admin_key(&self, name: &SecretName) -> Result<Secret> {
        match self.ports.vault.ensure(name, &Secret::new(random_text(32))).await? {
            Observed::Ready(key) => Ok(key),
            Observed::Absent | Observed::Pending(_) | Observed::Broken(_) => Err(unreadable_key()),
        }
    }

    async fn read_admin_key(&self, name: &SecretName) -> Result<Option<Secret>> {
        match self.ports.vault.observe(name).await? {
            Observed::Ready(key) => Ok(Some(key)),
            Observed::Absent => Ok(None),
            Observed::Pending(_) | Observed::Broken(_) => Err(unreadable_key()),
        }
    }

    /// The administrator's password of an instance without a record, if it is still there.
    pub(super) async fn former_admin_key(&self, of: &InstanceId) -> Result<Option<Secret>> {
        let retained = self.retained().load(of.as_str()).await?;
        let name = retained.map_or_else(|| own_name(of), |retained| Ok(retained.secret))?;
        self.read_admin_key(&name).await
    }

    /// What deletes the record of `instance`, of which nothing else is left. Its password is kept, or deleted here where nothing is
    /// to be kept.
    pub(super) async fn forgetting(&self, instance: &Instance) -> Result<Commit<Instance>> {
        let (name, deleting) = (name_of(instance)?, Commit::delete(instance));
        if self.options.admin_key_retention.is_zero() {
            self.remove_admin_key(&name).await?;
            return Ok(deleting);
        }
        if self.read_admin_key(&name).await?.is_none() {
            return Ok(deleting);
        }
        let key = UniqueKey::retained_admin_key(&instance.slug, instance.owner.as_ref());
        if let Some(former) = self.retained().find(&key).await? {
            self.purge_admin_key(&former).await?;
        }
        // Both at once: a password without either record would lie in the vault for ever.
        let kept = RetainedAdminKey::of(instance, name, self.clock.now());
        Ok(deleting.and(Commit::insert(&kept)))
    }

    /// Deletes what has been kept for as long as it is to be, a page at a time.
    pub(super) async fn purge_old_admin_keys(&self) -> Result<()> {
        let retention = self.options.admin_key_retention;
        let old =
            Query::index(Index::RetainedAdminKeyByTime).until(self.clock.now().before(retention));
        let (mut pages, mut purged) = (self.retained().pages(old), Ok(()));
        while let Some(page) = pages.next().await? {
            for kept in page.records.iter().filter(|kept| !self.is_retained(kept)) {
                // One that the vault keeps does not keep the others.
                purged = purged.and(self.purge_admin_key(kept).await);
            }
        }
        purged
    }

    /// Whether `kept` is kept still, and not for too long already.
    pub(crate) fn is_retained(&self, kept: &RetainedAdminKey) -> bool {
        let retention = self.options.admin_key_retention;
        self.clock.age(kept.deleted).is_none_or(|age| age < retention)
    }

    /// Deletes a kept password and its record. An instance that got it meanwhile gets a fresh one at its next start.
    pub(crate) async fn purge_admin_key(&self, kept: &RetainedAdminKey) -> Result<()> {
        self.remove_admin_key(&kept.secret).await?;
        self.delete_all(std::iter::once(kept.clone())).await
    }

    async fn remove_admin_key(&self, name: &SecretName) -> Result<()> {
        let removed = self.ports.vault.remove(name);
        bounded(self.options.deadline, "deleting an administrator's password", removed)
            .await
            .map(|_| ())
    }

    fn retained(&self) -> Collection<'_, RetainedAdminKey> {
        Collection::of(self.ports.store.as_ref())
    }
}

fn unreadable_key() -> Error {
    Error::new(ErrorKind::Unexpected, "reading the administrator's password")
        .coded(Code::OTHER_KEY_FILE)
}

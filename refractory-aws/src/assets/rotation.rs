//! Replacing the key of a table's user, while the old one is in use.
use refractory_core::model::Step;
use refractory_core::ports::{AssetSpace, Observed, Progress};
use refractory_core::{InstanceId, Result, Timestamp};

use super::access_keys::{ListedKey, is_listed};
use super::credentials::{AccessKey, SecretStage, StoredKey};
use super::names::{TAG_ACCESS_KEY, TAG_RETIRING, TAG_ROTATED};
use super::user::{RetiringKey, UserEntry};
use super::{BucketAssets, Progression};

impl BucketAssets {
    /// Brings the replacement of the key of `of` one step further. Launches get the new key as soon as AWS accepts it.
    pub(super) async fn advance_rotation(
        &self,
        of: &InstanceId,
        before: Timestamp,
    ) -> Result<Observed<AssetSpace>> {
        if let Some(progress) = self.pending.pending(of, self.clock.monotonic()) {
            return Ok(Observed::Pending(Some(progress)));
        }
        let Some(entry) = self.entry(of).await? else { return Ok(Observed::Absent) };
        match self.rotate_step(of, &entry, before).await? {
            Progression::Done => {
                self.pending.clear(of);
                Ok(Observed::Ready(AssetSpace { of: of.clone(), handle: entry.bucket }))
            }
            Progression::Pending(progress) => Ok(self.wait(of, progress)),
        }
    }

    async fn rotate_step(
        &self,
        of: &InstanceId,
        entry: &UserEntry,
        before: Timestamp,
    ) -> Result<Progression> {
        // What is half made is finished first.
        if let Progression::Pending(progress) = self.ensure_key(of, entry).await? {
            return Ok(Progression::Pending(progress));
        }
        let listed = self.listed_keys(of).await?;
        let StoredKey::Found(current) = self.stored_key(of, SecretStage::Current).await? else {
            return Ok(Progression::waits("looking at the key for uploads again"));
        };
        let fresh = entry.rotated.is_some_and(|rotated| rotated >= before)
            || listed.iter().any(|key| key.id == current.id && key.created_at >= before);
        if fresh {
            return self.delete_retired(of, entry, &current).await;
        }
        match self.stored_key(of, SecretStage::Pending).await? {
            StoredKey::Found(next)
                if next.version != current.version && is_listed(&listed, &next.id) =>
            {
                self.promote_replacement(of, entry, (&current, &next), before).await
            }
            StoredKey::Missing | StoredKey::Deleted | StoredKey::Empty | StoredKey::Found(_) => {
                self.create_replacement(of, entry, &current, &listed).await
            }
        }
    }

    /// Makes the key that will take the place of `current`.
    async fn create_replacement(
        &self,
        of: &InstanceId,
        entry: &UserEntry,
        current: &AccessKey,
        listed: &[ListedKey],
    ) -> Result<Progression> {
        // An earlier turn may not have ended: the key of that one goes before there are three.
        if let Progression::Pending(progress) = self.delete_retired(of, entry, current).await? {
            return Ok(Progression::Pending(progress));
        }
        for key in listed.iter().filter(|key| key.id != current.id) {
            self.delete_key(of, &key.id).await?;
        }
        self.create_key(of, &entry.bucket, &StoredKey::Found(current.clone()), SecretStage::Pending)
            .await
    }

    /// Gives launches `next` in place of `current`, once AWS accepts it.
    ///
    /// Written down before it is done: which key goes; after it: since which launch, and that the new one is good.
    async fn promote_replacement(
        &self,
        of: &InstanceId,
        entry: &UserEntry,
        (current, next): (&AccessKey, &AccessKey),
        before: Timestamp,
    ) -> Result<Progression> {
        if let Progression::Pending(progress) = self.verify_key(of, &entry.bucket, next).await? {
            return Ok(Progression::Pending(progress));
        }
        let old = RetiringKey { id: current.id.clone(), epoch: None };
        self.add_tags(of, &[(TAG_RETIRING, &old.text())]).await?;
        self.promote(of, next, current).await?;
        let old = RetiringKey { epoch: Some(self.epoch(of).await?), ..old };
        let (retiring, rotated) = (old.text(), before.0.to_string());
        let notes =
            [(TAG_ACCESS_KEY, &*next.id), (TAG_RETIRING, &retiring), (TAG_ROTATED, &rotated)];
        self.add_tags(of, &notes).await?;
        Ok(Progression::waits("the key for uploads is replaced; the old one goes next"))
    }

    /// Deletes the key that was replaced, once no launch has it any more.
    async fn delete_retired(
        &self,
        of: &InstanceId,
        entry: &UserEntry,
        current: &AccessKey,
    ) -> Result<Progression> {
        let Some(old) = entry.retiring.as_ref().filter(|old| old.id != current.id) else {
            return Ok(Progression::Done);
        };
        let Some(given) = old.epoch else {
            let known = RetiringKey { epoch: Some(self.epoch(of).await?), ..old.clone() };
            self.add_tags(of, &[(TAG_RETIRING, &known.text())]).await?;
            return Ok(Progression::waits(
                "the key for uploads is replaced; the old one goes next",
            ));
        };
        if self.may_still_run(of, given).await? {
            return Ok(Progression::Pending(Progress::new(
                "the new key is in place; the old one goes when the table is next stopped",
            )));
        }
        self.delete_key(of, &old.id).await?;
        self.remove_tag(of, TAG_RETIRING).await?;
        Ok(Progression::Done)
    }

    /// Which launch of `of` was the last one.
    async fn epoch(&self, of: &InstanceId) -> Result<u32> {
        Ok(self.instance(of).await?.map_or(0, |row| row.epoch))
    }

    /// Whether the launch `epoch` may still run.
    async fn may_still_run(&self, of: &InstanceId, epoch: u32) -> Result<bool> {
        let Some(row) = self.instance(of).await? else { return Ok(false) };
        Ok(row.epoch <= epoch && row.journal.get(Step::Runtime).is_some())
    }
}

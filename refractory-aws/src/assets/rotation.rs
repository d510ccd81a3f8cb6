//! Replacing the key of a table's user, while the old one is in use.
use refractory_core::model::Step;
use refractory_core::ports::{AssetSpace, Observed, Progress};
use refractory_core::{InstanceId, Result, Timestamp};

use super::kept::{Kept, Reading, Stage};
use super::keys::{Listed, is_listed};
use super::names::{TAG_ACCESS_KEY, TAG_RETIRING, TAG_ROTATED};
use super::user::{Entry, Retiring};
use super::{BucketAssets, Progressed};

impl BucketAssets {
    /// Brings the replacement of the key of `of` one step further. Launches get the new key as soon as AWS accepts it.
    pub(super) async fn advance(
        &self,
        of: &InstanceId,
        before: Timestamp,
    ) -> Result<Observed<AssetSpace>> {
        if let Some(progress) = self.waits.open(of, self.clock.monotonic()) {
            return Ok(Observed::Pending(Some(progress)));
        }
        let Some(entry) = self.entry(of).await? else { return Ok(Observed::Absent) };
        match self.turn(of, &entry, before).await? {
            Progressed::Done => {
                self.waits.close(of);
                Ok(Observed::Ready(AssetSpace { of: of.clone(), handle: entry.bucket }))
            }
            Progressed::Waits(progress) => Ok(self.wait(of, progress)),
        }
    }

    async fn turn(&self, of: &InstanceId, entry: &Entry, before: Timestamp) -> Result<Progressed> {
        // What is half made is finished first.
        if let Progressed::Waits(progress) = self.make_key(of, entry).await? {
            return Ok(Progressed::Waits(progress));
        }
        let listed = self.listed_keys(of).await?;
        let Reading::Kept(current) = self.kept(of, Stage::Current).await? else {
            return Ok(Progressed::waits("looking at the key for uploads again"));
        };
        let fresh = entry.rotated.is_some_and(|rotated| rotated >= before)
            || listed.iter().any(|key| key.id == current.key && key.made >= before);
        if fresh {
            return self.retire(of, entry, &current).await;
        }
        match self.kept(of, Stage::Next).await? {
            Reading::Kept(next)
                if next.version != current.version && is_listed(&listed, &next.key) =>
            {
                self.replace(of, entry, (&current, &next), before).await
            }
            Reading::Missing | Reading::Deleted | Reading::Blank | Reading::Kept(_) => {
                self.make_next(of, entry, &current, &listed).await
            }
        }
    }

    /// Makes the key that will take the place of `current`.
    async fn make_next(
        &self,
        of: &InstanceId,
        entry: &Entry,
        current: &Kept,
        listed: &[Listed],
    ) -> Result<Progressed> {
        // An earlier turn may not have ended: the key of that one goes before there are three.
        if let Progressed::Waits(progress) = self.retire(of, entry, current).await? {
            return Ok(Progressed::Waits(progress));
        }
        for key in listed.iter().filter(|key| key.id != current.key) {
            self.delete_key(of, &key.id).await?;
        }
        self.new_key(of, &entry.bucket, &Reading::Kept(current.clone()), Stage::Next).await
    }

    /// Gives launches `next` in place of `current`, once AWS accepts it.
    ///
    /// Written down before it is done: which key goes; after it: since which launch, and that the new one is good.
    async fn replace(
        &self,
        of: &InstanceId,
        entry: &Entry,
        (current, next): (&Kept, &Kept),
        before: Timestamp,
    ) -> Result<Progressed> {
        if let Progressed::Waits(progress) = self.prove(of, &entry.bucket, next).await? {
            return Ok(Progressed::Waits(progress));
        }
        let old = Retiring { key: current.key.clone(), epoch: None };
        self.note(of, &[(TAG_RETIRING, &old.text())]).await?;
        self.promote(of, next, current).await?;
        let old = Retiring { epoch: Some(self.epoch(of).await?), ..old };
        let (retiring, rotated) = (old.text(), before.0.to_string());
        let notes =
            [(TAG_ACCESS_KEY, &*next.key), (TAG_RETIRING, &retiring), (TAG_ROTATED, &rotated)];
        self.note(of, &notes).await?;
        Ok(Progressed::waits("the key for uploads is replaced; the old one goes next"))
    }

    /// Deletes the key that was replaced, once no launch has it any more.
    async fn retire(&self, of: &InstanceId, entry: &Entry, current: &Kept) -> Result<Progressed> {
        let Some(old) = entry.retiring.as_ref().filter(|old| old.key != current.key) else {
            return Ok(Progressed::Done);
        };
        let Some(given) = old.epoch else {
            let known = Retiring { epoch: Some(self.epoch(of).await?), ..old.clone() };
            self.note(of, &[(TAG_RETIRING, &known.text())]).await?;
            return Ok(Progressed::waits("the key for uploads is replaced; the old one goes next"));
        };
        if self.runs_since(of, given).await? {
            return Ok(Progressed::Waits(Progress::new(
                "the new key is in place; the old one goes when the table is next stopped",
            )));
        }
        self.delete_key(of, &old.key).await?;
        self.unnote(of, TAG_RETIRING).await?;
        Ok(Progressed::Done)
    }

    /// Which launch of `of` was the last one.
    async fn epoch(&self, of: &InstanceId) -> Result<u32> {
        Ok(self.row(of).await?.map_or(0, |row| row.epoch))
    }

    /// Whether the launch `epoch` may still run.
    async fn runs_since(&self, of: &InstanceId, epoch: u32) -> Result<bool> {
        let Some(row) = self.row(of).await? else { return Ok(false) };
        Ok(row.epoch <= epoch && row.journal.get(Step::Runtime).is_some())
    }
}

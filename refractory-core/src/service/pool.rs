//! The license pool over any store and any vault.
use std::sync::Arc;
use std::time::Duration;

use crate::error::unless_raced;
use crate::model::{
    HolderActivity, Instance, Lease, License, LicenseChoice, LicenseUse, LicenseWait, Named, Phase,
    Reservation, Waiting,
};
use crate::ports::{
    Collection, Granted, IntoPort, LicensePool, Observed, Progress, Store, UniqueKey, Vault,
};
use crate::{
    Clock, Code, Error, ErrorKind, InstanceId, LicenseId, Remedy, Result, SecretName, Timestamp,
    async_trait,
};

/// How long the next grant is kept for whoever waits, and asks on.
const KEPT: Duration = Duration::from_secs(30);

/// Leases licenses that are rows of a store and keys in a vault.
///
/// A lease is one field of one row, written by compare-and-swap; that an instance holds one license
/// at most is a unique text of the row. So two workers, or two processes, cannot both win.
#[derive(Debug, Clone)]
pub struct StorePool {
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
}

impl StorePool {
    /// A pool over the licenses in `store`, with their keys in `vault`. The deployment uses the same store and vault.
    pub fn new(
        store: impl IntoPort<dyn Store>,
        vault: impl IntoPort<dyn Vault>,
        clock: impl IntoPort<dyn Clock>,
    ) -> Self {
        Self { store: store.into_port(), vault: vault.into_port(), clock: clock.into_port() }
    }

    fn collection(&self) -> Collection<'_, License> {
        Collection::of(self.store.as_ref())
    }

    async fn held(&self, owner: &InstanceId) -> Result<Option<License>> {
        self.collection().find(&UniqueKey::holder(owner)).await
    }

    async fn granted(&self, license: &License, lease: Lease) -> Result<Granted> {
        match self.vault.observe(&SecretName::new(&license.secret())?).await? {
            Observed::Ready(key) => {
                Ok(Granted { lease, key, eula_accepted: license.acceptance().is_some() })
            }
            Observed::Absent | Observed::Pending(_) | Observed::Broken(_) => Err(lost_key(license)),
        }
    }

    /// Writes the lease; `None` when somebody else was faster.
    async fn lease(&self, mut license: License, owner: &InstanceId) -> Result<Option<Granted>> {
        license.fence += 1;
        let lease = Lease {
            license: license.id.clone(),
            holder: owner.clone(),
            fence: license.fence,
            since: self.clock.now(),
        };
        license.lease = Some(lease.clone());
        license.reserved = None;
        match unless_raced(self.collection().save(&license).await)? {
            Some(saved) => self.granted(&saved, lease).await.map(Some),
            None => Ok(None),
        }
    }

    /// Has the next grant of one of the candidates kept for `owner`, so that nobody slips in between; of
    /// one at most, and of the one whose holder makes room for `owner`, if one does. Returns whether one is kept for `owner`.
    async fn reserve(&self, candidates: &[License], owner: &InstanceId) -> Result<bool> {
        let now = self.clock.now();
        let preemption = self.yielding_to(owner, candidates).await?;
        let kept = candidates.iter().find(|license| reserved_for(license, owner));
        let open = candidates.iter().find(|license| !kept_for_another(license, owner, now));
        let Some(chosen) = preemption.or(kept).or(open) else { return Ok(false) };
        for license in candidates.iter().filter(|license| license.id != chosen.id) {
            self.let_go(license, owner).await?;
        }
        let lasts = |kept: &Reservation| holds(kept, now) && kept.until.since(now) > KEPT / 2;
        if reserved_for(chosen, owner) && chosen.reserved.as_ref().is_some_and(lasts) {
            return Ok(true);
        }
        let until = now.after(KEPT);
        let reserved = Some(Reservation { instance: owner.clone(), until });
        let saved = self.collection().save(&License { reserved, ..chosen.clone() }).await;
        Ok(unless_raced(saved)?.is_some())
    }

    /// The candidate whose holder was asked to make room for `owner`, unless it is kept for another.
    async fn yielding_to<'a>(
        &self,
        owner: &InstanceId,
        candidates: &'a [License],
    ) -> Result<Option<&'a License>> {
        let now = self.clock.now();
        for license in candidates.iter().filter(|it| !kept_for_another(it, owner, now)) {
            let Some(lease) = &license.lease else { continue };
            let table = Collection::<Instance>::of(self.store.as_ref());
            let holder = table.load_readable(lease.holder.as_str()).await?;
            if holder.and_then(|row| row.preemption).is_some_and(|it| it.to == *owner) {
                return Ok(Some(license));
            }
        }
        Ok(None)
    }

    /// Gives up what was kept for `owner` of a license it no longer waits for.
    async fn let_go(&self, license: &License, owner: &InstanceId) -> Result<()> {
        if !reserved_for(license, owner) {
            return Ok(());
        }
        ignore_race(self.collection().save(&License { reserved: None, ..license.clone() }).await)
    }

    async fn waiting(
        &self,
        owner: &InstanceId,
        candidates: Vec<License>,
    ) -> Result<Observed<Granted>> {
        let is_next = self.reserve(&candidates, owner).await?;
        let mut licenses = Vec::new();
        for license in &candidates {
            licenses.push(self.license_use(license).await?);
        }
        let wait = LicenseWait { licenses, position: is_next.then_some(1), outlook: None };
        Ok(Observed::Pending(Some(Progress::waiting(Waiting::License(wait)))))
    }

    /// How a license is in use.
    async fn license_use(&self, license: &License) -> Result<LicenseUse> {
        let used = |holder, activity| LicenseUse {
            license: license.named(),
            holder,
            since: license.lease.as_ref().map(|lease| lease.since),
            activity,
        };
        let Some(lease) = &license.lease else {
            return Ok(used(None, HolderActivity::Reserved));
        };
        let unnamed = || Some(Named::new(lease.holder.clone(), ""));
        let collection = Collection::<Instance>::of(self.store.as_ref());
        Ok(match collection.load(lease.holder.as_str()).await {
            Err(error) if error.kind() == ErrorKind::Damaged => {
                used(unnamed(), HolderActivity::Damaged)
            }
            Err(error) => return Err(error),
            Ok(None) => used(unnamed(), HolderActivity::Deleted),
            Ok(Some(holder)) => used(Some(holder.named_for_others()), activity(&holder)),
        })
    }
}

fn activity(holder: &Instance) -> HolderActivity {
    match (holder.phase(), &holder.seen) {
        (Phase::On(_), Some(seen)) => HolderActivity::Players(seen.players),
        (Phase::On(_), None) => HolderActivity::On,
        (Phase::Stopping(_) | Phase::Off, _) => HolderActivity::Stopping,
        (Phase::Starting(_), _) => HolderActivity::Starting,
    }
}

#[async_trait]
impl LicensePool for StorePool {
    async fn ensure(
        &self,
        owner: &InstanceId,
        choice: &LicenseChoice,
    ) -> Result<Observed<Granted>> {
        if let Some(license) = self.held(owner).await?
            && let Some(lease) = license.lease.clone()
        {
            return Ok(Observed::Ready(self.granted(&license, lease).await?));
        }
        if let LicenseChoice::Only(id) = choice {
            // One that cannot be read says so, and is not taken for removed.
            self.collection().load(id.as_str()).await?;
        }
        let wanted = wanted(self.collection().list().await?, choice)?;
        let now = self.clock.now();
        let free =
            |license: &&License| license.lease.is_none() && !kept_for_another(license, owner, now);
        for license in wanted.iter().filter(free) {
            if let Some(granted) = self.lease(license.clone(), owner).await? {
                for other in wanted.iter().filter(|other| other.id != license.id) {
                    self.let_go(other, owner).await?;
                }
                return Ok(Observed::Ready(granted));
            }
        }
        self.waiting(owner, wanted).await
    }

    async fn observe(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        match self.held(owner).await? {
            Some(License { lease: None, .. }) | None => Ok(Observed::Absent),
            Some(license) => {
                let lease = license.lease.clone().ok_or_else(|| lost_key(&license))?;
                Ok(Observed::Ready(self.granted(&license, lease).await?))
            }
        }
    }

    async fn remove(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        for license in self.collection().list().await? {
            let theirs = |license: &License| {
                (
                    license.lease.as_ref().is_some_and(|lease| lease.holder == *owner),
                    license.reserved.as_ref().is_some_and(|kept| kept.instance == *owner),
                )
            };
            if theirs(&license) == (false, false) {
                continue;
            }
            let give_back = |row: &mut License| {
                let (leased, reserved) = theirs(row);
                row.lease = row.lease.take().filter(|_| !leased);
                row.reserved = row.reserved.take().filter(|_| !reserved);
                Ok(leased || reserved)
            };
            self.collection().update(license.id.as_str(), give_back).await?;
        }
        Ok(Observed::Absent)
    }

    async fn list(&self) -> Result<Vec<(LicenseId, Option<InstanceId>)>> {
        let pair = |license: License| (license.id, license.lease.map(|lease| lease.holder));
        Ok(self.collection().list().await?.into_iter().map(pair).collect())
    }
}

/// The licenses that may serve a choice: at least one, and each with its agreement accepted by a person.
fn wanted(all: Vec<License>, choice: &LicenseChoice) -> Result<Vec<License>> {
    let none_at_all = all.is_empty();
    let named: Vec<_> = all
        .into_iter()
        .filter(|license| match choice {
            LicenseChoice::Only(id) => license.id == *id,
            LicenseChoice::Any => true,
            LicenseChoice::NotNeeded => false,
        })
        .collect();
    if named.is_empty() {
        let (code, remedy) = if none_at_all {
            (Code::NO_LICENSES, Remedy::AddLicense)
        } else {
            (Code::LICENSE_GONE, Remedy::ChooseLicense)
        };
        let error = Error::new(ErrorKind::NotFound, "looking for a license");
        return Err(error.coded(code).helped_by(remedy));
    }
    let accepted: Vec<_> =
        named.iter().filter(|license| license.acceptance().is_some()).cloned().collect();
    if accepted.is_empty() {
        return Err(Error::new(ErrorKind::Forbidden, "looking for a license")
            .coded(Code::AGREEMENT_NOT_ACCEPTED)
            .helped_by(Remedy::AcceptAgreement));
    }
    Ok(accepted)
}

/// Whether the next grant of a license is kept for somebody else than `owner`.
fn kept_for_another(license: &License, owner: &InstanceId, now: Timestamp) -> bool {
    license.reserved.as_ref().is_some_and(|kept| kept.instance != *owner && holds(kept, now))
}

/// Whether it is kept still. What seems to be kept for longer than anything ever is was written before the clock was set back.
fn holds(kept: &Reservation, now: Timestamp) -> bool {
    let left = kept.until.since(now);
    !left.is_zero() && left <= KEPT
}

fn reserved_for(license: &License, owner: &InstanceId) -> bool {
    license.reserved.as_ref().is_some_and(|kept| kept.instance == *owner)
}

/// Somebody else wrote the license first: the next call sees what it says now.
fn ignore_race(saved: Result<License>) -> Result<()> {
    unless_raced(saved).map(drop)
}

fn lost_key(license: &License) -> Error {
    Error::new(ErrorKind::Unexpected, "reading a license key")
        .coded(Code::LICENSE_UNREADABLE)
        .about("license", &license.name)
}

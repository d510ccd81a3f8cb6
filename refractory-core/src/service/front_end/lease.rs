//! The lease of a duty: one record, saved by compare-and-swap. No date of another machine decides anything.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::error::unless_raced;
use crate::id::random_text;
use crate::model::front_end_record::check_name;
use crate::model::{FrontEndRecord, RecordContent};
use crate::ports::{Collection, Commit, UniqueKey};
use crate::service::Deployment;
use crate::{Code, Error, ErrorKind, MonotonicTime, Result};

/// How long a lease must be seen unchanged before another program takes it.
const LASTS: Duration = Duration::from_secs(30);
/// How often its holder renews it.
const RENEWED: Duration = Duration::from_secs(10);
/// How long after a renewal its holder is sure to lead: less than [`LASTS`], as clocks of two machines run differently fast.
const SURE: Duration = Duration::from_secs(25);
/// How long a renewal is waited for that comes too late to be sure.
const LATE: Duration = Duration::from_secs(5);
/// The pause after a renewal that failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest time between two looks that counts as time in which a lease was seen unchanged.
const LOOK: Duration = Duration::from_secs(5);

/// A lease that this process holds, or held.
#[derive(Debug)]
pub(super) struct Lease {
    deployment: Arc<Deployment>,
    duty: String,
    holder: String,
    /// The record as it was last written; none once another program leads.
    record: tokio::sync::Mutex<Option<FrontEndRecord>>,
    /// When the last renewal that went well was begun.
    renewed: Mutex<MonotonicTime>,
}

impl Lease {
    /// The collection that leases are in, which is no other's.
    pub(super) const COLLECTION: &'static str = "leases";

    /// Makes `commit`, which is one write, together with a renewal: so it is written only while no other program leads.
    pub(super) async fn commit(&self, commit: Commit<FrontEndRecord>) -> Result<FrontEndRecord> {
        let written = self.renew_with(Some(commit)).await?;
        written.ok_or_else(|| Error::new(ErrorKind::Unexpected, "committing nothing"))
    }

    async fn renew_with(
        &self,
        with: Option<Commit<FrontEndRecord>>,
    ) -> Result<Option<FrontEndRecord>> {
        let mut held = self.record.lock().await;
        loop {
            let Some(lease) = held.clone() else { return Err(self.lost()) };
            let begun = self.deployment.clock.monotonic();
            let renewal = FrontEndRecord { at: self.deployment.clock.now(), ..lease };
            let has_write = with.is_some();
            let commit = match with.clone() {
                Some(with) => with.and(Commit::save(&renewal)),
                None => Commit::save(&renewal),
            };
            match self.stored().commit(&commit).await {
                Ok(first) => {
                    let revision = renewal.revision + 1;
                    *held = Some(FrontEndRecord { revision, ..renewal });
                    *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = begun;
                    return Ok(has_write.then_some(first));
                }
                Err(error) if error.is_lost_race() && is_about(&error, &renewal) => {
                    // An answer may have been lost: then it was this process that wrote it.
                    let now = self.stored().load(renewal.id.as_str()).await?;
                    let ours = now.filter(|now| holder(now) == Some(&self.holder));
                    match ours {
                        Some(now) if now.revision == renewal.revision => return Err(error),
                        ours => *held = ours,
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Renews it, for as long as this process can be sure to lead.
    pub(super) async fn renew(&self) -> Result<()> {
        loop {
            let left = self.sure_for();
            let patience = if left.is_zero() { LATE } else { left };
            match timeout(patience, self.renew_with(None)).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if *error.code() == Code::NOT_LEADING => return Err(error),
                Ok(Err(_)) if self.sure_for() > PAUSE => sleep(PAUSE).await,
                Ok(Err(error)) => return Err(self.lost().caused_by(error)),
                Err(late) => return Err(self.lost().caused_by(late)),
            }
        }
    }

    /// Waits until it is to be renewed.
    pub(super) async fn due(&self) {
        sleep(RENEWED.saturating_sub(self.age())).await;
    }

    /// For how long this process is sure to lead yet, whatever becomes of it.
    pub(super) fn sure_for(&self) -> Duration {
        SURE.saturating_sub(self.age())
    }

    /// Gives it back: another program may lead at once.
    pub(super) async fn release(&self) -> Result<()> {
        let Some(mut lease) = self.record.lock().await.take() else { return Ok(()) };
        loop {
            lease.content.body.clear();
            lease.at = self.deployment.clock.now();
            if unless_raced(self.stored().save(&lease).await)?.is_some() {
                break;
            }
            // An answer to a renewal may have been lost.
            match self.stored().load(lease.id.as_str()).await? {
                Some(now) if holder(&now) == Some(&self.holder) => lease = now,
                _ => break,
            }
        }
        self.deployment.nudge();
        Ok(())
    }

    /// The revision at which it was last written. It grows with each renewal and each program that leads.
    pub(super) async fn revision(&self) -> Result<u64> {
        let held = self.record.lock().await;
        held.as_ref().map(|lease| lease.revision).ok_or_else(|| self.lost())
    }

    fn age(&self) -> Duration {
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        self.deployment.clock.monotonic().since(renewed)
    }

    fn lost(&self) -> Error {
        Error::new(ErrorKind::Outdated, "leading a duty")
            .permanent()
            .coded(Code::NOT_LEADING)
            .about("duty", &self.duty)
    }

    fn stored(&self) -> Collection<'_, FrontEndRecord> {
        Collection::of(self.deployment.ports.store.as_ref())
    }
}

/// Who waits to lead a duty.
#[derive(Debug)]
pub(super) struct Candidate {
    deployment: Arc<Deployment>,
    front_end: String,
    duty: String,
    holder: String,
    seen: Option<Unchanged>,
}

impl Candidate {
    pub(super) fn new(deployment: &Arc<Deployment>, front_end: &str, duty: &str) -> Result<Self> {
        check_name(front_end)?;
        check_name(duty)?;
        Ok(Self {
            deployment: Arc::clone(deployment),
            front_end: front_end.to_owned(),
            duty: duty.to_owned(),
            holder: random_text(16),
            seen: None,
        })
    }

    /// Takes the lease where no program holds it, or its holder has not been heard of for long enough.
    pub(super) async fn try_take(&mut self) -> Result<Option<Lease>> {
        let deployment = Arc::clone(&self.deployment);
        let stored = Collection::<FrontEndRecord>::of(deployment.ports.store.as_ref());
        let key = UniqueKey::front_end_record(&self.front_end, Lease::COLLECTION, &self.duty);
        let begun = self.deployment.clock.monotonic();
        let taken = match stored.find(&key).await? {
            None => {
                let content = RecordContent::new(&*self.holder);
                let now = self.deployment.clock.now();
                let place = (self.front_end.as_str(), Lease::COLLECTION);
                let fresh = FrontEndRecord::new(place, &self.duty, content, now)?;
                unless_raced(stored.insert(&fresh).await)?
            }
            Some(mut lease) if self.is_free(&lease) => {
                lease.content.body.clone_from(&self.holder);
                lease.at = self.deployment.clock.now();
                unless_raced(stored.save(&lease).await)?
            }
            Some(_) => None,
        };
        Ok(taken.map(|record| Lease {
            deployment: Arc::clone(&self.deployment),
            duty: self.duty.clone(),
            holder: self.holder.clone(),
            record: tokio::sync::Mutex::new(Some(record)),
            renewed: Mutex::new(begun),
        }))
    }

    fn is_free(&mut self, lease: &FrontEndRecord) -> bool {
        let at = self.deployment.clock.monotonic();
        let unchanged = Unchanged::seen(self.seen.take(), lease, at);
        let is_silent = unchanged.lasted > LASTS;
        self.seen = Some(unchanged);
        // One that this candidate took when the answer was lost is its own.
        holder(lease).is_none_or(|holder| *holder == self.holder) || is_silent
    }
}

/// How long a lease was seen unchanged, counted in looks: a candidate that was frozen meanwhile has seen nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unchanged {
    of: (String, u64),
    looked: MonotonicTime,
    lasted: Duration,
}

impl Unchanged {
    fn seen(before: Option<Self>, lease: &FrontEndRecord, at: MonotonicTime) -> Self {
        let of = (lease.id.to_string(), lease.revision);
        let before = before.filter(|before| before.of == of);
        let lasted = before
            .map_or(Duration::ZERO, |before| before.lasted + at.since(before.looked).min(LOOK));
        Self { of, looked: at, lasted }
    }
}

/// Who holds a lease.
fn holder(lease: &FrontEndRecord) -> Option<&String> {
    Some(&lease.content.body).filter(|holder| !holder.is_empty())
}

fn is_about(error: &Error, record: &FrontEndRecord) -> bool {
    error.fact("id") == Some(record.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn silence_is_counted_in_looks_and_begins_again_with_each_renewal() {
        let content = RecordContent::new("holder");
        let mut lease = FrontEndRecord::new(("bot", "leases"), "d", content, Timestamp(0)).unwrap();
        let at = |seconds| MonotonicTime(Duration::from_secs(seconds));
        let mut seen = Unchanged::seen(None, &lease, at(100));
        assert_eq!(seen.lasted, Duration::ZERO);
        seen = Unchanged::seen(Some(seen), &lease, at(102));
        assert_eq!(seen.lasted, Duration::from_secs(2));
        seen = Unchanged::seen(Some(seen), &lease, at(5_000));
        assert_eq!(seen.lasted, Duration::from_secs(2) + LOOK, "it was frozen");
        lease.revision += 1;
        seen = Unchanged::seen(Some(seen), &lease, at(5_001));
        assert_eq!(seen.lasted, Duration::ZERO, "it was renewed");
        assert!(SURE < LASTS && RENEWED * 2 < SURE);
    }
}

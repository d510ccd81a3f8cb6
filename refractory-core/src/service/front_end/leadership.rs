//! Leading a duty: one program at a time, however many run.
use std::pin::pin;
use std::sync::Arc;

use super::lease::{Candidate, Lease};
use super::records::RecordCollection;
use crate::Result;
use crate::service::watch::WriteSignal;
use crate::service::{Deployment, Refractory};

impl Refractory {
    /// Waits until this program leads the duty `duty` of `front_end`, such as passing on notices. One program leads at a time,
    /// in whatever process.
    ///
    /// A leader that ends without [`release`](Leadership::release) is followed by another program after half a minute. It is
    /// measured with the monotonic clock of the one that waits; no date of another machine counts.
    ///
    /// # Errors
    ///
    /// `Invalid` for what is no name; `Damaged`, and as the store has them.
    pub async fn lead(&self, front_end: &str, duty: &str) -> Result<Leadership> {
        let mut candidate = Candidate::new(&self.deployment, front_end, duty)?;
        let mut signal = WriteSignal::of(&self.deployment);
        loop {
            signal.begin();
            if let Some(lease) = candidate.try_take().await? {
                return Ok(Leadership {
                    deployment: Arc::clone(&self.deployment),
                    front_end: front_end.to_owned(),
                    lease: Arc::new(lease),
                });
            }
            signal.wait().await;
        }
    }
}

/// That this program leads a duty: as long as [`keep`](Self::keep) runs, and no other program has taken over.
#[derive(Debug)]
#[must_use = "another program leads at once only after `release`"]
pub struct Leadership {
    deployment: Arc<Deployment>,
    front_end: String,
    lease: Arc<Lease>,
}

impl Leadership {
    /// Does `work` while this program leads, and keeps it leading. Ends `work` where it can't be sure of that any more.
    ///
    /// What `work` does outside the store in its last moments can't be taken back, so it is done at most by one program at a
    /// time but for calls that are under way. A process that was frozen finds out before it goes on with `work`.
    ///
    /// # Errors
    ///
    /// `Outdated` with the code [`Code::NOT_LEADING`](crate::Code::NOT_LEADING) where another program has taken over, or may
    /// have, because the store could not be reached. [`lead`](Refractory::lead) again then.
    pub async fn keep<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                () = self.lease.due() => {}
                done = &mut work => return Ok(done),
            }
            let is_sure = !self.lease.sure_for().is_zero();
            tokio::select! {
                biased;
                renewed = self.lease.renew() => renewed?,
                done = &mut work, if is_sure => return Ok(done),
            }
        }
    }

    /// A collection of the front end whose writes are refused once another program leads. Each is committed together with a
    /// renewal.
    ///
    /// # Errors
    ///
    /// As [`FrontEndRecords::collection`](super::FrontEndRecords::collection).
    pub fn collection(&self, name: &str) -> Result<RecordCollection> {
        RecordCollection::new(&self.deployment, (&self.front_end, name), Some(&self.lease))
    }

    /// A number that grows with each renewal and with each program that leads: for services that refuse requests with a lower
    /// one than they have seen.
    ///
    /// # Errors
    ///
    /// `Outdated` where this program is known not to lead any more.
    pub async fn fencing_token(&self) -> Result<u64> {
        self.lease.revision().await
    }

    /// Ends it, so that another program leads at once. Nothing happens where another one leads already.
    ///
    /// # Errors
    ///
    /// As the store has them; another program leads after half a minute then.
    pub async fn release(self) -> Result<()> {
        self.lease.release().await
    }

    pub(super) fn handle(&self) -> Refractory {
        Refractory::new(Arc::clone(&self.deployment))
    }
}

//! Signs of life, for those who want to know whether anybody works.
use super::Worker;
use crate::error::unless_raced;
use crate::model::WorkerMark;
use crate::ports::{Collection, Kind};
use crate::{ErrorKind, Result};

impl Worker {
    /// Says that this worker lives.
    pub(super) async fn heartbeat(&self) -> Result<()> {
        let table = Collection::<WorkerMark>::of(self.deployment.ports.store.as_ref());
        let now = self.deployment.clock.now();
        let alive = |mark: &mut WorkerMark| {
            mark.seen = now;
            mark.unlisted = self.observations.missed();
            mark.duties = self.duties.reports();
            Ok(true)
        };
        let known = match table.update(self.id.as_str(), alive).await {
            Err(error) if error.kind() == ErrorKind::Damaged => {
                // It is this worker's own, and says nothing that it does not know.
                let store = self.deployment.ports.store.as_ref();
                if let Some(record) = store.damaged_record(Kind::Worker, self.id.as_str()).await? {
                    store.discard(&record).await?;
                }
                None
            }
            known => known?,
        };
        if known.is_none() {
            let unlisted = self.observations.missed();
            let (id, born) = (self.id.clone(), self.born.date);
            let duties = self.duties.reports();
            let mark = WorkerMark { id, born, seen: now, unlisted, duties, revision: 0 };
            table.insert(&mark).await?;
        }
        let marks = table.list().await?;
        let (known, at) = (&self.deployment.liveness, self.deployment.clock.monotonic());
        known.keep(&marks);
        for mark in marks {
            let long = self.deployment.options.heartbeat * 60;
            let dead = self.sole || known.is_silent(&mark, (now, at), long);
            if mark.id != self.id && dead {
                unless_raced(table.delete(&mark).await)?;
            }
        }
        Ok(())
    }

    pub(super) async fn bow_out(&self) {
        let table = Collection::<WorkerMark>::of(self.deployment.ports.store.as_ref());
        if let Ok(Some(mark)) = table.load(self.id.as_str()).await
            && let Err(error) = table.delete(&mark).await
        {
            tracing::debug!(%error, "leaving a mark behind");
        }
    }
}

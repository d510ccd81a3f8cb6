//! Rows that have had their day.
use std::time::Duration;

use super::event_walk::Walk;
use super::retention::{Entry, superfluous};
use crate::error::unless_raced;
use crate::model::{Event, Token};
use crate::ports::{Aggregate, Collection, Index, Query};
use crate::service::Deployment;
use crate::{EventId, Result};

/// Tokens that one run looks at. What is left is met by the next run.
const SLICE: usize = 200;
/// How long no event is read once all of them were gone through.
const REST: Duration = Duration::from_hours(1);

impl Deployment {
    /// Deletes sessions and links that have ended, and what the audit trail no longer has room for.
    pub(in crate::reconcile) async fn trim(&self) -> Result<()> {
        let tokens = Collection::<Token>::of(self.ports.store.as_ref());
        let now = self.clock.now();
        // Dated later than now: the clock was set back since.
        for token in tokens.first(Query::index(Index::TokenByMade).since(now), SLICE).await? {
            self.date_anew(token).await?;
        }
        // One that ends at this very moment has ended.
        let past = Query::index(Index::TokenByExpiry).until(now.after(Duration::from_millis(1)));
        let past = tokens.first(past, SLICE).await?;
        self.delete_all(past.into_iter().filter(|token| self.has_ended(token))).await?;
        let purged = self.purge_old_admin_keys().await;
        purged.and(self.trim_events().await)
    }

    /// Reads or deletes one page of events: what is too old, and what takes more than a fair share of the room there is.
    pub(super) async fn trim_events(&self) -> Result<()> {
        let now = self.clock.monotonic();
        // Where two sweeps meet, one goes on.
        let Ok(mut walk) = self.event_walk.0.try_lock() else { return Ok(()) };
        match &mut *walk {
            Walk::Resting(until) if now < *until => Ok(()),
            Walk::Resting(_) => {
                *walk = Walk::default();
                Ok(())
            }
            Walk::Reading(entries, cursor) => {
                let query = Query::index(Index::EventByTime).after(cursor.clone());
                let events = Collection::<Event>::of(self.ports.store.as_ref());
                let page = events.page(&query).await?;
                entries.extend(page.records.iter().map(Entry::of));
                *cursor = page.next;
                if cursor.is_none() {
                    let age = |at| self.clock.age(at).unwrap_or_default();
                    let gone = superfluous(entries, age, &self.options);
                    *walk = Walk::Deleting(gone.into_iter().rev().collect());
                }
                Ok(())
            }
            Walk::Deleting(gone) => {
                let rest = gone.len().saturating_sub(Query::MAX_LIMIT);
                self.delete_events(&gone[rest..]).await?;
                gone.truncate(rest);
                if gone.is_empty() {
                    *walk = Walk::Resting(now.after(REST));
                }
                Ok(())
            }
        }
    }

    async fn delete_events(&self, ids: &[EventId]) -> Result<()> {
        let events = Collection::<Event>::of(self.ports.store.as_ref());
        for id in ids {
            let event = events.load_readable(id.as_str()).await?;
            self.delete_all(event.into_iter()).await?;
        }
        Ok(())
    }

    /// Deletes `rows`; one that was written or deleted meanwhile stays as it is.
    pub(in crate::reconcile) async fn delete_all<T: Aggregate>(
        &self,
        rows: impl Iterator<Item = T> + Send,
    ) -> Result<()> {
        let table = Collection::<T>::of(self.ports.store.as_ref());
        for row in rows {
            unless_raced(table.delete(&row).await)?;
        }
        Ok(())
    }
}
